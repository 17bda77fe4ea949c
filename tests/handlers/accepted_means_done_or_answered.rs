//! What was accepted is done, or it is answered why not.

mod changes;
mod dead_letters;
mod queries;
mod unrecorded;
