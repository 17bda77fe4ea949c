//! Who uses the control plane: signing in, and its users.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Login {
    /// The user's name or address [default: asked for]
    #[arg(long, env = "TENANTRY_USER")]
    pub(crate) user: Option<String>,
    /// Read the password from standard input instead of asking for it
    #[arg(long, requires = "user")]
    pub(crate) password_stdin: bool,
    /// Enrol an authenticator, whose code is then asked for at each sign-in
    #[arg(long)]
    pub(crate) enrol_authenticator: bool,
    /// The user pool's client [default: the one of the last sign-in, or the stack's output UsersClientId]
    #[arg(long, env = "TENANTRY_CLIENT_ID", value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Cognito's address [default: AWS_ENDPOINT_URL, or the one of the API's region]
    #[arg(long, env = "TENANTRY_SIGN_IN_URL", value_name = "URL")]
    pub(crate) endpoint: Option<String>,
}

/// What users may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Group {
    /// Look, and change nothing.
    Viewers,
    /// Look after tenants and operations.
    Operators,
    /// And after the users.
    Admins,
}

impl Group {
    /// Its name in the API.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Viewers => "viewers",
            Self::Operators => "operators",
            Self::Admins => "admins",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Create a user, who gets an invitation by e-mail
    #[command(after_help = "Example:\n  tenantry user create --email ada@ops.example --group operators")]
    Create {
        /// The user's address
        #[arg(long)]
        email: String,
        /// What the user may do
        #[arg(long, value_enum)]
        group: Group,
        /// The user's name: letters, digits, `.`, `_` and `-` [default: a new id]
        #[arg(long)]
        name: Option<String>,
    },
    /// List users
    #[command(after_help = "Example:\n  tenantry user list --output json")]
    List {
        /// How many at the most, 1 to 60
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=60))]
        limit: u32,
        /// Go on where the page before ended
        #[arg(long, value_name = "TOKEN")]
        next: Option<String>,
    },
    /// Show a user
    Show {
        /// The user's name
        name: String,
    },
    /// Give a user another address or group; who gets another group signs in again
    #[command(after_help = "Example:\n  tenantry user update ada --group admins")]
    Update {
        /// The user's name
        name: String,
        /// The new address
        #[arg(long, required_unless_present = "group")]
        email: Option<String>,
        /// The new group
        #[arg(long, value_enum)]
        group: Option<Group>,
    },
    /// End a user's sessions, and let the user sign in no longer
    Disable {
        /// The user's name
        name: String,
    },
    /// Let a user sign in again
    Enable {
        /// The user's name
        name: String,
    },
    /// Delete a user for good
    #[command(after_help = "Example:\n  tenantry user delete ada --yes")]
    Delete {
        /// The user's name
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}
