//! What users of SIP stacks have suffered most, each as one test that it does not happen here. The
//! complaints are those of the public trackers of other stacks; each test begins with what was told
//! there.

mod calls;
mod machine;
mod media;
mod net;
mod network;
#[path = "../flows/text.rs"]
#[allow(dead_code, reason = "the flows need more of it")]
mod text;
mod transfer;
