//! Whole calls between user agents in memory, and against puppets that send what they like.

mod answering;
mod calls;
mod changing;
mod forks;
mod informing;
mod locating;
mod net;
mod offering;
mod puppets;
mod races;
mod refreshing;
mod refusals;
mod registering;
mod reliable;
mod storms;
mod syntax;
mod updating;

use super::EndReason;
