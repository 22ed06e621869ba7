//! What the program reads from captures.

mod frames;
mod ladder;
mod rtp;
