//! Plans of what happens to one execution: `tests/cloud/machine_faults.py`, a
//! plug-in of the local cloud, carries them out.

use crate::workspace;
use serde_json::Value;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A plan that holds as long as this is there.
#[derive(Debug)]
pub struct Plan(PathBuf);

/// The plug-in, for `TENANTRY_LOCAL_PLUGIN`.
#[must_use]
pub fn plugin() -> PathBuf {
    workspace::root().join("tests/cloud/machine_faults.py")
}

/// Has `plan` happen to the next execution of `machine` for `tenant`, in the
/// cloud whose `TENANTRY_LOCAL_FAULTS` is `folder`.
#[must_use]
pub fn plan(folder: &Path, machine: &str, tenant: &str, mut plan: Value) -> Plan {
    plan["id"] = Uuid::new_v4().to_string().into();
    let folder = folder.join(machine);
    std::fs::create_dir_all(&folder).expect("a folder for the plans");
    let path = folder.join(format!("{tenant}.json"));
    // At once or not at all: it may be read at any moment.
    let whole = path.with_extension("whole");
    std::fs::write(&whole, plan.to_string()).expect("a file for the plan");
    std::fs::rename(whole, &path).expect("the plan takes its place");
    Plan(path)
}

impl Drop for Plan {
    fn drop(&mut self) {
        // The cloud's folder may be gone already.
        let _ = std::fs::remove_file(&self.0);
    }
}
