//! A network of machines in memory, on one virtual clock, that misbehaves from a seed.
