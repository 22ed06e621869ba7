//! Transcripts of what was sent and received, and ladder diagrams of them.
