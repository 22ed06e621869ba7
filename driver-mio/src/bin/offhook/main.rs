//! The offhook program: a demo, a softphone, a SIP server and a ladder-diagram viewer.

mod failure;
mod heard;
mod options;
mod wav;

fn main() {}
