//! Who uses the control plane: signing in, and its users.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Login {
    /// The user's name or e-mail address [default: prompt]
    #[arg(long, env = "TENANTRY_USER")]
    pub(crate) user: Option<String>,
    /// Read the password from standard input instead of prompting for it
    #[arg(long, requires = "user")]
    pub(crate) password_stdin: bool,
    /// Enrol an authenticator; each further sign-in asks for its code
    #[arg(long)]
    pub(crate) enrol_authenticator: bool,
    /// The user pool client's id [default: that of the last sign-in, or the stack output UsersClientId]
    #[arg(long, env = "TENANTRY_CLIENT_ID", value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Cognito's URL [default: AWS_ENDPOINT_URL, or Cognito in the API's region]
    #[arg(long, env = "TENANTRY_SIGN_IN_URL", value_name = "URL")]
    pub(crate) endpoint: Option<String>,
}

/// What users may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Group {
    /// Read tenants, executions and queues
    Viewers,
    /// Manage tenants and operations, too
    Operators,
    /// Manage users, too
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
    /// Create a user and send an invitation by e-mail
    #[command(after_help = "Example:\n  tenantry user create --email ada@ops.example --group operators")]
    Create {
        /// The user's e-mail address
        #[arg(long)]
        email: String,
        /// The user's group
        #[arg(long, value_enum)]
        group: Group,
        /// The user's name: letters, digits, `.`, `_` and `-` [default: a generated id]
        #[arg(long)]
        name: Option<String>,
    },
    /// List users
    #[command(after_help = "Example:\n  tenantry user list --output json")]
    List {
        /// List at most this many users, 1 to 60
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=60))]
        limit: u32,
        /// Continue after the previous page
        #[arg(long, value_name = "TOKEN")]
        next: Option<String>,
    },
    /// Show a user
    Show {
        /// The user's name
        name: String,
    },
    /// Change a user's e-mail address or group; a new group needs a new sign-in
    #[command(after_help = "Example:\n  tenantry user update ada --group admins")]
    Update {
        /// The user's name
        name: String,
        /// The new e-mail address
        #[arg(long, required_unless_present = "group")]
        email: Option<String>,
        /// The new group
        #[arg(long, value_enum)]
        group: Option<Group>,
    },
    /// End a user's sessions and block further sign-ins
    Disable {
        /// The user's name
        name: String,
    },
    /// Allow a disabled user to sign in again
    Enable {
        /// The user's name
        name: String,
    },
    /// Delete a user permanently
    #[command(after_help = "Example:\n  tenantry user delete ada --yes")]
    Delete {
        /// The user's name
        name: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}
