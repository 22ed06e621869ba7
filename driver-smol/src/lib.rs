//! Runs [`offhook`] machines on async-io.
