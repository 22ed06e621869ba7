//! Whole calls between user agents in memory, and against puppets that send what they like.

mod answering;
mod authorizing;
mod calls;
mod changing;
mod forks;
mod identities;
mod informing;
mod locating;
mod messaging;
mod net;
mod puppets;
mod races;
mod reasons;
mod refreshing;
mod refusals;
mod registering;
mod reliable;
mod repairing;
mod replaces;
mod route_sets;
mod rules_dialogs;
mod rules_reliable;
mod rules_requests;
mod rules_sessions;
mod rules_timers;
mod session_timer_model;
mod storms;
mod syntax;
mod updating;
mod usages;

use super::EndReason;
