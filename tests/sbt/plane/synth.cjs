// SBT's own application plane: a CoreApplicationPlane with ScriptJobs, as a
// company that builds on SBT has it. Prints nothing; the template is in cdk.out.
//
//   BUS_ARN=… node synth.cjs
//
// The scripts do what SBT's sample does (src/core-app-plane/integ.default.ts)
// without making anything: they export variables. What is particular about a
// tenant comes in its event: `email` says whether its jobs fail, and how long
// they take. With SCRIPTS=empty the jobs run nothing: that is to measure what is
// around them.
const cdk = require('aws-cdk-lib');
const { EventBus } = require('aws-cdk-lib/aws-events');
const { PolicyDocument, PolicyStatement } = require('aws-cdk-lib/aws-iam');
const sbt = require('@cdklabs/sbt-aws');

const app = new cdk.App({ outdir: 'cdk.out', analyticsReporting: false });
const stack = new cdk.Stack(app, 'sbt-plane');
const eventManager = new sbt.EventManager(stack, 'EventManager', {
  eventBus: EventBus.fromEventBusArn(stack, 'Bus', process.env.BUS_ARN),
});

const behave = `
case "$email" in
  *+fails@*) echo "this tenant's jobs fail"; exit 1 ;;
  *+late@*) sleep 4 ;;
  *+never@*) sleep 1800 ;;
esac
`;
const script = (text) => (process.env.SCRIPTS === 'empty' ? ':' : text);
// The jobs make nothing; an empty policy is refused.
const nothing = new PolicyStatement({ actions: ['sts:GetCallerIdentity'], resources: ['*'] });
const permissions = () => new PolicyDocument({ statements: [nothing] });
const shared = { eventManager };

const provisioning = new sbt.ProvisioningScriptJob(stack, 'provisioningJobScript', {
  ...shared, permissions: permissions(),
  script: script(`${behave}
export tenantS3Bucket="bucket-of-$tenantId"
export tenantConfig='{"userPoolId":"pool","appClientId":"client","apiGatewayUrl":"https://api","theme":{"dark":true}}'
export registrationStatus="created"
export plan="plan-of-$tier"
`),
  environmentStringVariablesFromIncomingEvent: ['tenantId', 'tier', 'tenantName', 'email'],
  environmentJSONVariablesFromIncomingEvent: ['prices'],
  environmentVariablesToOutgoingEvent: {
    tenantData: ['tenantS3Bucket', 'tenantConfig', 'prices', 'tenantName', 'email'],
    tenantRegistrationData: ['registrationStatus', 'plan'],
  },
});

const deprovisioning = new sbt.DeprovisioningScriptJob(stack, 'deprovisioningJobScript', {
  ...shared, permissions: permissions(),
  script: script(`${behave}
export registrationStatus="deleted"
`),
  environmentStringVariablesFromIncomingEvent: ['tenantId', 'email'],
  environmentVariablesToOutgoingEvent: { tenantRegistrationData: ['registrationStatus'] },
});

// SBT has the events and no ready-made jobs for these two.
const job = (id, incomingEvent, success, failure, tenantStatus) =>
  new sbt.ScriptJob(stack, id, {
    ...shared, permissions: permissions(),
    script: script(`${behave}echo done`),
    jobIdentifierKey: 'tenantRegistrationId',
    jobFailureStatus: { tenantStatus },
    incomingEvent,
    outgoingEvent: { success, failure },
    environmentStringVariablesFromIncomingEvent: ['tenantId', 'email'],
  });
const T = sbt.DetailType;
const suspending = job('deactivatingJobScript', T.DEACTIVATE_REQUEST, T.DEACTIVATE_SUCCESS, T.DEACTIVATE_FAILURE, 'Failed to deactivate tenant.');
const resuming = job('activatingJobScript', T.ACTIVATE_REQUEST, T.ACTIVATE_SUCCESS, T.ACTIVATE_FAILURE, 'Failed to activate tenant.');

new sbt.CoreApplicationPlane(stack, 'CoreApplicationPlane', {
  eventManager,
  scriptJobs: [provisioning, deprovisioning, suspending, resuming],
});
app.synth();
