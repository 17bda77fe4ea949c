//! `tenantry event`: for publishers and for application planes.

mod catalog;
mod publish;
mod replay;
mod tail;
mod validate;

use crate::args::{Event as Command, EventFile};
use crate::clients::{Deployment, config};
use crate::error::{CliError, Result};
use crate::files;
use crate::output::Output;
use crate::prompt;
use std::io::Read;
use std::path::Path;
use tenantry_events::name::EventName;
use tenantry_events::receive::{MAX_BYTES, RejectionCode};

pub(super) async fn run(command: Command, stack: &str, output: &Output) -> Result {
    let deployment = async || Deployment::new(&config(None).await, stack);
    match command {
        Command::Publish(file) => publish::run(&file, &deployment().await?, output).await,
        Command::Tail { name, count } => tail::run(name, count, &deployment().await?, output).await,
        Command::Replay(args) => replay::run(args, &deployment().await?, output).await,
        Command::Validate { file, online } => {
            let deployment = if online { Some(deployment().await?) } else { None };
            validate::run(&file, deployment.as_ref(), output).await
        }
        Command::Catalog { name, schema, example } => catalog::run(name, schema, example, output),
    }
}

/// The event that was named.
fn event_name(text: &str) -> Result<EventName> {
    text.parse().map_err(|error: tenantry_events::name::UnknownEvent| CliError::Invalid(error.to_string()))
}

/// How much of a file is read: whatever its white space, what is longer can not
/// be right.
const READ_MAX: usize = 64 * MAX_BYTES;

/// The detail in a file or on standard input.
fn detail(file: &EventFile) -> Result<Vec<u8>> {
    let limit = u64::try_from(READ_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    if file.file == Path::new("-") {
        prompt::stdin(limit, &mut bytes)?;
    } else {
        let opened = fs_err::File::open(&file.file).map_err(files::failed)?;
        opened.take(limit).read_to_end(&mut bytes).map_err(files::failed)?;
    }
    if bytes.len() == READ_MAX {
        let code = RejectionCode::TooLarge;
        let most = format!("the event must be at most {MAX_BYTES} bytes (256 KiB) long");
        let said = format!("{} is refused ({code}): {most}, was {READ_MAX} or more", file.name);
        return Err(CliError::Invalid(said));
    }
    Ok(bytes)
}
