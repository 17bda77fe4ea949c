//! The local cloud: its virtual environment, its process, its state.

mod credentials;
mod process;
mod state;
mod up;
mod venv;

pub(crate) use process::{start, stop};
pub(crate) use state::{Cloud, Home, REGION};
pub(crate) use up::{make_ready, parameters};
pub(crate) use venv::prepare;
