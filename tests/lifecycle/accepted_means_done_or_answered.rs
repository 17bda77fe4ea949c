//! What was accepted is done, or it is answered why not.

mod address;
mod capacity;
mod changes;
mod leaving;
