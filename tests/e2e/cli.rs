//! The command itself: what scripts and people rely on.

mod accepted_means_done_or_answered;
mod api;
mod errors_without_a_place;
mod events;
mod exit_codes;
mod help;
mod lists;
mod local;
mod output;
mod progress;
mod text_not_what_it_looks_like;
mod watch;
