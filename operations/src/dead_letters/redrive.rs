//! Redriving: the function that could not handle a message is invoked again. What
//! was decided on before stays as it is, so that it is safe at any time.

use super::{Choice, DeadLetterError, DeadLetters, Position, Taken};
use crate::call::CallError;
use crate::dead_letter::DeadLetter;
use crate::functions::Invoked;

/// What became of one message.
#[derive(Debug)]
pub enum Outcome {
    /// It was handled, and has left the queue.
    Handled,
    /// Its function failed again; it stays.
    Failed {
        /// By a stable name.
        name: String,
        /// In words.
        message: String,
    },
    /// Its function could not be invoked; it stays.
    NotInvoked(CallError),
    /// It was handled and could not be deleted. It stays, and is handled once
    /// more, without effect.
    NotDeleted(CallError),
}

/// What became of all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Redriven {
    /// How many were handled.
    pub handled: usize,
    /// The ids of those that are in the queue still.
    pub failed: Vec<String>,
    /// Behind which message the next call goes on, if there are more.
    pub next: Option<Position>,
    /// How many stay invisible for a minute, as SQS did not take them back.
    pub invisible: usize,
}

impl DeadLetters {
    /// Redrives messages one by one, oldest first, and says to `each` what became
    /// of it. One that fails is no obstacle for the next.
    ///
    /// # Errors
    ///
    /// [`DeadLetterError`] when the messages cannot be taken; nothing was done.
    pub async fn redrive(
        &self,
        choice: &Choice<'_>,
        mut each: impl FnMut(&DeadLetter, &Outcome) + Send,
    ) -> Result<Redriven, DeadLetterError> {
        let (chosen, next, invisible) = self.choose(choice).await?;
        let mut redriven = Redriven { next, invisible, ..Redriven::default() };
        let mut kept = Vec::new();
        for taken in chosen {
            let outcome = self.retry(&taken).await;
            each(&taken.message, &outcome);
            match outcome {
                Outcome::Handled => redriven.handled += 1,
                Outcome::Failed { .. } | Outcome::NotInvoked(_) | Outcome::NotDeleted(_) => kept.push(taken),
            }
        }
        redriven.invisible += self.give_back(&kept).await;
        redriven.failed = kept.into_iter().map(|taken| taken.message.id).collect();
        Ok(redriven)
    }

    async fn retry(&self, taken: &Taken) -> Outcome {
        let (function, payload) = taken.message.redriven(self.functions.stack());
        match self.functions.invoke(&function, &payload).await {
            Ok(Invoked::Done(_)) => match self.remove(taken).await {
                Ok(()) => Outcome::Handled,
                Err(error) => Outcome::NotDeleted(error),
            },
            Ok(Invoked::Failed { name, message }) => Outcome::Failed { name, message },
            Err(error) => Outcome::NotInvoked(error),
        }
    }
}
