//! What was accepted is done, or it is answered why not.

mod capacity;
mod changes;
mod leaving;
