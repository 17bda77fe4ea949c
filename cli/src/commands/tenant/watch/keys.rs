//! What a key means: decided without doing it.

use super::View;
use crate::args;
use crate::source::verb;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tenantry_events::name::EventName;

/// What is to be done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Action {
    /// Only draw again.
    Draw,
    /// Look again at once.
    Look,
    /// Ask this of the chosen tenant.
    Send(EventName),
    /// The end.
    Quit,
}

/// A request that must be said yes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Asking(pub(super) EventName);

impl Asking {
    /// What is asked.
    pub(super) fn verb(self) -> &'static str {
        verb(self.0)
    }
}

/// What to do about a key; the view is changed where that is all there is to it.
///
/// A retry is sent at once: it harms nobody. What takes something away from a
/// tenant must be said yes to.
pub(super) fn decide(view: &mut View, key: KeyEvent) -> Action {
    if key.kind == KeyEventKind::Release {
        return Action::Draw;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
        return Action::Quit;
    }
    if let Some(Asking(name)) = view.asking.take() {
        return if key.code == KeyCode::Char('y') { Action::Send(name) } else { Action::Draw };
    }
    if std::mem::take(&mut view.has_help) {
        return Action::Draw;
    }
    view.said = None;
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => return Action::Quit,
        KeyCode::Down | KeyCode::Char('j') => view.step(1),
        KeyCode::Up | KeyCode::Char('k') => view.step(-1),
        KeyCode::PageDown => view.step(10),
        KeyCode::PageUp => view.step(-10),
        KeyCode::Home => view.chosen = None,
        KeyCode::Char('?' | 'h') => view.has_help = true,
        KeyCode::Char('r') if view.current().is_some() => return Action::Send(EventName::RetryRequest),
        KeyCode::Char('c') => ask(view, EventName::CancelRequest),
        KeyCode::Char('s') => ask(view, EventName::DeactivateRequest),
        KeyCode::Char('a') => ask(view, EventName::ActivateRequest),
        _ => return Action::Draw,
    }
    Action::Look
}

fn ask(view: &mut View, name: EventName) {
    view.asking = view.current().map(|_| Asking(name));
}

/// The request as its own command would make it.
pub(super) fn request(id: String) -> args::Ask {
    let by = std::env::var("USER").ok();
    let wait = args::Wait { wait: false, timeout: 0 };
    args::Ask { id, reason: Some("from tenantry tenant watch".to_owned()), by, idempotency_key: None, wait }
}

#[cfg(test)]
mod tests {
    use super::super::overview::tests::summary;
    use super::*;
    use tenantry_registry::tenant::Status;

    fn view() -> View {
        let mut view = View::default();
        let tenants = [summary("acme", Status::ProvisionFailed, 1), summary("globex", Status::Active, 2)];
        view.snapshot.overview.tenants = tenants.into_iter().flatten().collect();
        view
    }

    fn press(view: &mut View, key: char) -> Action {
        decide(view, KeyEvent::from(KeyCode::Char(key)))
    }

    #[test]
    fn a_retry_takes_one_key() {
        assert_eq!(press(&mut view(), 'r'), Action::Send(EventName::RetryRequest));
        assert_eq!(press(&mut View::default(), 'r'), Action::Draw);
    }

    #[test]
    fn a_suspension_must_be_said_yes_to() {
        let mut view = view();
        assert_eq!(press(&mut view, 's'), Action::Look);
        assert_eq!(press(&mut view, 'y'), Action::Send(EventName::DeactivateRequest));
        assert_eq!(press(&mut view, 's'), Action::Look);
        assert_eq!(press(&mut view, 'n'), Action::Draw);
        assert_eq!(press(&mut view, 'y'), Action::Draw);
    }

    #[test]
    fn the_choice_stays_within_the_list() {
        let mut view = view();
        assert_eq!(view.place(), Some(0));
        view.step(-1);
        assert_eq!(view.place(), Some(0));
        view.step(10);
        assert_eq!(view.place(), Some(1));
    }
}
