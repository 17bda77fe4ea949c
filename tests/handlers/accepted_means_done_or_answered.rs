//! What was accepted is done, or it is answered why not.

mod changes;
mod queries;
mod unrecorded;
