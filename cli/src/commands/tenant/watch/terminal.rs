//! The full screen: keys come in from one side, pictures from the other.

use super::keys::{self, Action, request};
use super::{Snapshot, View, screen};
use crate::clients::Deployment;
use crate::commands::tenant::ask;
use crate::error::Result;
use crate::prompt::unusable;
use crate::source::{Source, verb};
use ratatui::crossterm::event::{self, Event, KeyEvent};
use std::time::Duration;
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tokio::sync::{mpsc, watch};

/// How long a key may wait to be read.
const KEY_PAUSE: Duration = Duration::from_millis(100);

/// What happens around the screen.
enum Input {
    Key(KeyEvent),
    Resized,
}

/// Gives the terminal back as it was, however this ends.
struct Restore;

impl Drop for Restore {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

pub(super) async fn run(chosen: Option<TenantId>, pause: Duration, deployment: &Deployment) -> Result {
    let mut view = View { chosen, ..View::default() };
    let (choose, choice) = watch::channel(chosen);
    let mut pictures = pictures(deployment.clone(), choice, pause);
    // The first look fails here, with its hint, where it can be read.
    if let Some(first) = pictures.recv().await {
        view.take(Ok(first?));
    }
    #[expect(clippy::disallowed_methods, reason = "`screen` makes visible what it draws")]
    let mut terminal = ratatui::try_init().map_err(|error| unusable(&error))?;
    let _restore = Restore;
    let mut inputs = inputs();
    loop {
        terminal.draw(|frame| screen::draw(frame, &view)).map_err(|error| unusable(&error))?;
        tokio::select! {
            Some(news) = pictures.recv() => view.take(news),
            input = inputs.recv() => match input {
                None => return Ok(()),
                Some(Input::Resized) => {}
                Some(Input::Key(key)) => match keys::decide(&mut view, key) {
                    Action::Quit => return Ok(()),
                    Action::Draw => {}
                    Action::Look => {
                        let _ = choose.send(view.chosen);
                    }
                    Action::Send(name) => {
                        view.said = Some(send(name, &view, deployment).await);
                        let _ = choose.send(view.chosen);
                    }
                },
            },
        }
    }
}

/// Asks it of the chosen tenant; what to say about that.
async fn send(name: EventName, view: &View, deployment: &Deployment) -> String {
    let Some(id) = view.current() else { return "no tenant is selected".to_owned() };
    match ask::send(name, &request(id.to_string()), &Source::from(deployment)).await {
        Ok((tenant, _)) => format!("{} of {} requested", verb(name), tenant.tenant_name),
        Err(error) => format!("{} failed: {error}", verb(name)),
    }
}

/// Pictures, one after the other; at once when another tenant is chosen.
fn pictures(
    deployment: Deployment,
    mut choice: watch::Receiver<Option<TenantId>>,
    pause: Duration,
) -> mpsc::Receiver<Result<Snapshot>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let chosen = *choice.borrow_and_update();
            if sender.send(Snapshot::take(&deployment, chosen).await).await.is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                changed = choice.changed() => if changed.is_err() { return },
            }
        }
    });
    receiver
}

/// Keys and changes of size. A thread of its own, since reading blocks.
fn inputs() -> mpsc::Receiver<Input> {
    let (sender, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        while !sender.is_closed() {
            let input = match event::poll(KEY_PAUSE) {
                Ok(false) => continue,
                Ok(true) => event::read(),
                Err(error) => Err(error),
            };
            let input = match input {
                Ok(Event::Key(key)) => Input::Key(key),
                Ok(Event::Resize(..)) => Input::Resized,
                Ok(_) => continue,
                // The terminal is gone.
                Err(_) => return,
            };
            if sender.blocking_send(input).is_err() {
                return;
            }
        }
    });
    receiver
}
