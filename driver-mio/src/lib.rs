//! Runs [`offhook`] machines on mio.
