//! Nobody but its user can make the local cloud do anything: a page of another
//! origin, in a real browser.

mod browser;
mod page;

use aws_sdk_codebuild::types::{ArtifactsType, ComputeType, EnvironmentType, SourceType};
use aws_sdk_codebuild::types::{ProjectArtifacts, ProjectEnvironment, ProjectSource};
use browser::Browser;
use page::{Evil, Target};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tenantry_tests::cloud::until;
use tenantry_tests::emulator;

/// A page of another origin, and one whose name comes to mean 127.0.0.1 (DNS
/// rebinding), try all that a page can, in Chromium: nothing is read, no command
/// runs, no event is sent, and the local cloud is as it was. What they sent does
/// run once its owner signs it.
#[test]
fn a_page_of_another_origin_can_do_nothing() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (canary, own) = (folder.path().join("canary"), folder.path().join("own"));
    let cloud = Owner::new(&own);
    let target = Target::new(cloud.endpoint(), "door", &canary);
    let evil = Evil::serve(&target);
    let before = cloud.picture();

    browser.proxy(evil.address());
    for page in ["http://evil.example/".to_owned(), format!("http://rebound.example:{}/page", target.port())]
    {
        browser.open(&page);
        let tried = until("the page to have tried all", || browser.value("return window.tried || null"));
        let tried = tried.as_object().expect("what it tried").clone();
        assert!(tried.len() >= 20, "{page} tried {tried:?}");
        let worked: Vec<_> = tried.iter().filter(|(_, outcome)| !is_refusal(outcome)).collect();
        assert!(worked.is_empty(), "{page} could do or read something: {worked:?}");
    }
    // Whatever a build that was started had to do, it has done by then.
    std::thread::sleep(Duration::from_secs(2));

    assert!(!canary.exists(), "a page ran a command");
    assert_eq!(cloud.picture(), before);
    let forwarded = evil.forwarded();
    assert!(forwarded >= 5, "the rebound page reached the local cloud {forwarded} times");
    cloud.build(&target.override_with(&own));
    assert!(own.exists(), "the same request does run a command for whoever may sign it");
}

/// What a page saw: that it could not ask, or that it was refused.
fn is_refusal(outcome: &Value) -> bool {
    match outcome {
        Value::String(said) => ["error", "sent", "403"].contains(&said.as_str()),
        _ => false,
    }
}

/// The owner of the local cloud, with its credentials.
struct Owner {
    runtime: tokio::runtime::Runtime,
    config: aws_config::SdkConfig,
}

impl Owner {
    /// With a project `door` and a queue `door` to which every event goes.
    fn new(own: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let config = emulator::config();
        let owner = Self { runtime, config };
        let source = ProjectSource::builder().r#type(SourceType::NoSource).buildspec("version: 0.2");
        let environment = ProjectEnvironment::builder()
            .r#type(EnvironmentType::LinuxContainer)
            .image("aws/codebuild/standard:7.0")
            .compute_type(ComputeType::BuildGeneral1Small);
        owner.runtime.block_on(async {
            let builds = aws_sdk_codebuild::Client::new(&owner.config);
            let project =
                builds.create_project().name("door").service_role("arn:aws:iam::000000000000:role/any");
            let artifacts = ProjectArtifacts::builder().r#type(ArtifactsType::NoArtifacts);
            let project = project.source(source.build().expect("a source"));
            let project = project.environment(environment.build().expect("an environment"));
            project.artifacts(artifacts.build().expect("artefacts")).send().await.expect("a project");
            let queues = aws_sdk_sqs::Client::new(&owner.config);
            queues.create_queue().queue_name("door").send().await.expect("a queue");
            let events = aws_sdk_eventbridge::Client::new(&owner.config);
            let archive = events.create_archive().archive_name("door");
            let bus =
                format!("arn:aws:events:{}:000000000000:event-bus/default", tenantry_tests::access::REGION);
            archive.event_source_arn(bus).send().await.expect("an archive of all events");
        });
        assert!(!own.exists());
        owner
    }

    fn endpoint(&self) -> &'static str {
        emulator::endpoint()
    }

    /// All that a page would go for: builds, events, queues, messages, buckets.
    fn picture(&self) -> String {
        self.runtime.block_on(async {
            let builds = aws_sdk_codebuild::Client::new(&self.config);
            let builds = builds.list_builds().send().await.expect("builds").ids;
            let queues = aws_sdk_sqs::Client::new(&self.config);
            let found = queues.list_queues().send().await.expect("queues").queue_urls;
            let events = aws_sdk_eventbridge::Client::new(&self.config);
            let archive = events.describe_archive().archive_name("door").send().await.expect("the archive");
            format!("builds {builds:?}, queues {found:?}, events {:?}", archive.event_count)
        })
    }

    /// Runs the project with another buildspec, to its end.
    fn build(&self, buildspec: &str) {
        self.runtime.block_on(async {
            let builds = aws_sdk_codebuild::Client::new(&self.config);
            let call = builds.start_build().project_name("door").buildspec_override(buildspec);
            let id =
                call.send().await.expect("it starts").build_value.and_then(|build| build.id).expect("an id");
            let deadline = std::time::Instant::now() + Duration::from_secs(60);
            loop {
                let found = builds.batch_get_builds().ids(&id).send().await.expect("the build").builds;
                if found.unwrap_or_default().iter().any(|build| build.build_complete) {
                    return;
                }
                assert!(std::time::Instant::now() < deadline, "the build does not end");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
}
