//! Whole calls between user agents in memory, and against puppets that send what they like.

mod answering;
mod calls;
mod changing;
mod edges;
mod flows;
mod forks;
mod gruus;
mod identities;
mod informing;
mod locating;
mod moving;
mod net;
mod puppets;
mod races;
mod refreshing;
mod refusals;
mod registering;
mod reliable;
mod serving;
mod storms;
mod syntax;
mod updating;

use super::EndReason;
