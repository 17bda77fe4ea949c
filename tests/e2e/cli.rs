//! The command itself: what scripts and people rely on.

mod api;
mod events;
mod exit_codes;
mod help;
mod lists;
mod local;
mod output;
mod progress;
mod watch;
