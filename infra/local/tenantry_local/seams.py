"""Checks, before the start, that the emulator is the one this overlay fits.

The overlay replaces functions that are no public interface of the emulator. Any
other release, or a seam that moved, ends the start with a message that names it.
"""

from __future__ import annotations

import importlib
import inspect
from importlib import metadata
from typing import Any

#: The release whose functions are replaced.
RELEASE = "1.5.33"

#: Functions that are replaced or called, by module, with the parameters that the overlay relies on.
FUNCTIONS: dict[str, dict[str, str]] = {
    "app": {
        "_credential_failure": "service iam_action request_id denied headers",
        "_execute_api_authorization_type": "api_id stage method execute_path",
        "_load_persisted_state": "",
        "_parse_execute_api_url": "host path",
        "_resolve_stage_and_path": "api_id tentative_stage execute_path",
        "_routing_params": "method path headers body query_params",
        "app": "scope receive send",
        "main": "",
        "save_all": "services",
    },
    "core.iam_actions": {
        "_query_param": "query_params key",
        "dynamodb_service_context": "body",
        "eventbridge_resource_arns": "body region account_id",
        "extract_resource_arn": "service method path headers body query_params region account_id",
        "identity_denial_message": "action principal_arn resource explicit_deny",
        "request_tag_context": "service iam_action body params",
        "unsigned_operations": "service",
    },
    "core.iam_evaluator": {
        "_action_matches": "request_action actions not_actions",
        "_conditions_met": "conditions ctx",
        "_first_match": "ctx stmts effect",
        "_gather_role_policies": "role_name account_id",
        "_permissions_boundary": "store name account_id",
        "_resolve_condition_key": "key ctx",
        "_resource_matches": "resource_arn resources not_resources",
        "_sigv2_check": "request account_id",
        "_unknown_access_key": "",
        "enforce": "access_key_id iam_action service region resource_arn service_context",
        "evaluate": "ctx policies limits",
        "evaluate_resource_policy": "doc ctx service named_only direct_only",
        "find_iam_access_key_account": "access_key_id",
        "is_root_access_key": "access_key_id",
        "resolve_credential": "access_key_id account_id session_token",
    },
    "core.lambda_runtime": {"execution_credentials": "config", "reset": ""},
    "core.router": {"detect_service": "method path headers query_params"},
    "core.sigv4": {
        "header_signature_failure": "signature secret method raw_path query_params headers body presigned explain",
        "parse_header_signature": "headers",
        "parse_query_signature": "query_params",
        "presigned_request_is_expired": "amz_date expires now",
        "request_time_failure": "signature now",
    },
    "services.apigateway": {
        "_cors_preflight_response": "cors_cfg origin",
        "_cors_response_headers": "cors_cfg origin",
        "_handle_execute_in_scope": "api_id stage path method headers body query_params owner_account_id owner_region "
        "raw_query_string",
        "_extract_lambda_ref_from_integration_uri": "uri",
        "_fetch_jwks": "url",
        "_jwt_unauthorized": "message",
        "_match_route": "api_id method path",
        "_validate_jwt_authorizer": "route authorizer headers query_params",
        "find_api_scope": "api_id",
    },
    "services.cloudformation.handlers": {
        "_create_stack": "params",
        "_delete_stack": "params",
        "_resolve_stack": "stack_name",
        "_update_stack": "params",
    },
    "services.cloudformation.provisioners": {
        "_codebuild_cfn_to_api": "value",
        "_codebuild_project_create": "logical_id props stack_name",
        "_codebuild_project_update": "physical_id old_props new_props stack_name",
        "_ddb_create": "logical_id props stack_name",
        "_ddb_update": "physical_id old_props new_props stack_name logical_id",
        "_physical_name": "stack_name logical_id lowercase max_len seeded",
        "_sfn_definition": "props",
    },
    "services.cloudformation.stacks": {
        "_add_event": "stack_id stack_name logical_id resource_type status reason physical_id detailed_status",
        "_create_stack_task_in_region": "coro stack stack_id",
        "_runs_on_worker_thread": "resource_type",
    },
    "services.cloudwatch_logs": {
        "_create_log_group": "data",
        "_create_log_stream": "data",
        "_put_log_events": "data",
    },
    "services.codebuild": {
        "_batch_delete_builds": "data",
        "_batch_get_builds": "data",
        "_create_project": "data",
        "_project_shape": "project",
        "_start_build": "data",
        "_stop_build": "data",
        "_update_project": "data",
        "reset": "",
    },
    "services.cognito": {
        "_access_token_error": "data",
        "_admin_add_user_to_group": "data",
        "_attr_list_to_dict": "attrs",
        "_create_group": "data",
        "_create_user_pool": "data",
        "_create_user_pool_client": "data",
        "_delete_user_pool": "data",
        "_resolve_user": "pool username",
        "_sign_up": "data",
        "_admin_create_user": "data",
        "_admin_delete_user": "data",
        "_admin_remove_user_from_group": "data",
        "_confirmation_code_error": "action data",
        "_pin_unsigned_idp_scope": "data",
        "_pool_for_client": "cid",
        "_refresh_auth_user": "pool pid cid refresh_token",
        "_run_idp_handler": "handler action data",
        "_signature_valid": "token",
        "_token_claims": "token",
        "_validate_client_secret_hash": "action data",
    },
    "services.dynamodb": {"_update_continuous_backups": "data", "_update_ttl": "data"},
    "services.eventbridge": {
        "_api_destination_send_sync": "request auth_headers",
        "_build_api_destination_request": "dest conn target_http_params payload",
        "_connection_auth_headers": "conn token_key force_refresh",
        "_create_archive": "data",
        "_create_event_bus": "data",
        "_delete_archive": "data",
        "_dispatch_to_api_destination": "spec payload target",
        "_dispatch_to_event_bus": "spec event rule event_path target_input_payload",
        "_dispatch_to_lambda": "arn payload",
        "_dispatch_to_sns": "arn payload",
        "_dispatch_to_sqs": "spec payload sqs_parameters",
        "_dispatch_to_stepfunctions": "arn payload",
        "_event_bus_name_from_ref": "name",
        "_invoke_target": "target event rule view",
        "_pattern_event_view": "event",
        "_put_events": "data allow_aws_source",
        "_put_permission": "data",
        "_put_rule": "data",
        "_remove_permission": "data",
        "_target_matches_request_scope": "spec",
        "_update_archive": "data",
        "handle_request": "method path headers body query_params",
        "reset": "",
    },
    "services.iam": {"_error": "status code message ns", "_p": "params key default"},
    "services.lambda_svc": {
        "_create_function": "data",
        "_ensure_poller": "",
        "_execute_function_with_config_scope": "func event",
        "_execution_record_for_config": "func config",
        "_get_func_record_for_ref": "function_ref",
        "_get_func_record_for_ref_in_scope": "function_ref account_id region",
        "_runtime_env_vars": "config",
        "invoke_async_with_retry": "func event",
        "reset": "",
    },
    "services.s3": {"_get_object_data": "bucket_name key version_id"},
    "services.sns": {
        "_create_topic": "params",
        "_error": "code message status",
        "_p": "params key default",
        "publish_internal": "topic_arn message subject message_structure message_attributes "
        "message_group_id message_deduplication_id"
    },
    "services.sqs": {"_act_send_message": "data qurl", "_queue_by_arn": "arn", "_queue_url": "name"},
    "services.sts": {"register_session": "access_key session"},
    "services.tagging": {"_collect_cognito": "", "resource_tags": "arn"},
    "services.stepfunctions": {
        "_add_event": "execution event_type details",
        "_apply_result_path_raw": "result_path original result",
        "_create_state_machine": "data",
        "_delete_state_machine": "data",
        "_emit_execution_status_event": "execution",
        "_error_matches": "error_equals error",
        "_evaluate_intrinsic": "expression data ctx",
        "_evaluate_rule": "rule data ctx",
        "_execute_task": "state_def raw_input execution ctx",
        "_extract_lambda_ref": "resource",
        "_fail_execution": "execution error cause",
        "_find_matching_retrier": "retriers error retry_counts",
        "_invoke_resource": "resource input_data",
        "_invoke_resource_with_timeout": "resource input_data timeout",
        "_jsonata_state_field": "state_def field expected raw_input ctx",
        "_parse_jsonpath_tokens": "path",
        "_resolve_path": "path data",
        "_resolve_path_or_ctx": "path data ctx",
        "_resolve_state_machine_arn": "arn",
        "_run_execution": "exec_arn",
        "_scaled_sleep": "seconds",
        "_sleep_until": "iso_ts",
        "_start_execution": "data",
        "_stop_execution": "data",
        "_update_state_machine": "data",
        "reset": "",
    },
}

#: Who must look a replaced function up by its name when it runs, or the replacement is never reached.
CALLERS: dict[str, dict[str, str]] = {
    "app": {"_handle_lifespan": "PERSIST_STATE _load_persisted_state save_all", "main": "app"},
    "core.iam_evaluator": {
        "enforce": "evaluate resource_tags",
        "evaluate": "_first_match",
    },
    "core.lambda_runtime": {"ProvidedWorker._spawn": "_build_handler_class"},
    "services.apigateway": {
        "_handle_execute_in_scope": "_cors_preflight_response _cors_response_headers _invoke_lambda_proxy "
        "_validate_jwt_authorizer",
        "handle_execute": "_handle_execute_in_scope",
    },
    "services.cloudformation.stacks": {"_deploy_stack_async": "_add_event _runs_on_worker_thread"},
    "services.codebuild": {"_handle_request_sync": "_start_build _stop_build _batch_get_builds _batch_delete_builds"},
    "services.cognito": {
        "_admin_create_user": "_resolve_user",
        "_dispatch_idp": "_admin_create_user _create_user_pool _create_user_pool_client _delete_user_pool "
        "_run_idp_handler _sign_up",
        "_refresh_auth_result": "_refresh_auth_user",
    },
    "services.eventbridge": {
        "_dispatch_event": "_invoke_target",
        "_invoke_target": "_dispatch_to_api_destination _dispatch_to_event_bus _dispatch_to_lambda _dispatch_to_sns "
        "_dispatch_to_sqs _dispatch_to_stepfunctions _target_matches_request_scope",
        "handle_request": "_put_events",
    },
    "services.lambda_svc": {"_invoke": "invoke_async_with_retry", "_provided_worker_env": "_runtime_env_vars execution_credentials"},
    "services.stepfunctions": {
        "_apply_catcher": "_apply_result_path_raw",
        "_apply_result_path": "_apply_result_path_raw",
        "_eval_intrinsic_arg": "_resolve_path",
        "_evaluate_rule": "_evaluate_rule _resolve_path_or_ctx",
        "_execute_choice": "_evaluate_rule",
        "_execute_task": "_find_matching_retrier _invoke_resource_with_timeout _scaled_sleep",
        "_execute_wait": "_scaled_sleep _sleep_until",
        "_find_matching_catcher": "_error_matches",
        "_invoke_resource": "_SERVICE_DISPATCH",
        "_resolve_ctx_path": "_resolve_path",
        "_resolve_params_obj": "_evaluate_intrinsic _resolve_path",
        "_resolve_path_or_ctx": "_resolve_path",
        "_run_execution": "_add_event _execute_task _fail_execution",
        "_run_sub_machine": "_execute_task",
        "_start_execution": "_run_execution",
        "_with_retry_and_catch": "_find_matching_retrier",
        "handle_request": "_delete_state_machine _start_execution _stop_execution",
    },
}

#: Tables and stores that the overlay reads or writes.
VALUES: dict[str, str] = {
    "app": "PERSIST_STATE",
    "core.lambda_runtime": "ProvidedWorker",
    "core.iam_evaluator": "AuthError CredentialResolutionError EvalContext ParsedStatement SignedRequest",
    "core.sigv4": "SIGNATURE_MISMATCH",
    "services.apigateway": "_apis _stages",
    "services.cloudformation": "_stack_events _stacks",
    "services.cloudformation.provisioners": "_RESOURCE_HANDLERS",
    "services.cloudwatch_logs": "_log_records",
    "services.codebuild": "_builds _projects",
    "services.cognito": "_UNSIGNED_IDP_ACTIONS _revoked_tokens _user_pools",
    "services.dynamodb": "_tables",
    "services.eventbridge": "_api_destinations _connections _event_bus_policies _event_buses _replays",
    "services.iam": "_IAM_HANDLERS _roles",
    "services.lambda_svc": "_esms _functions",
    "services.s3": "_buckets _object_versions",
    "services.sns": "SnsPublishError",
    "services.sqs": "_Err _HANDLERS",
    "services.sts": "_sessions",
    "services.tagging": "_RESOURCE_TAG_COLLECTORS",
    "services.stepfunctions": "_AWS_SDK_ERROR_PREFIX _AWS_SDK_SERVICE_MAP _ExecutionError _SERVICE_DISPATCH "
    "_SFN_WAIT_SCALE _executions _state_machines",
}


class SeamError(Exception):
    """The emulator is not as expected."""


def check() -> None:
    """Raise SeamError, with every difference in its text, unless the overlay fits."""
    found = problems()
    if found:
        raise SeamError("this overlay does not fit the emulator:\n  " + "\n  ".join(found))


def problems() -> list[str]:
    """What is not as expected."""
    installed = metadata.version("ministack")
    if installed != RELEASE:
        return [f"ministack {installed} is installed, {RELEASE} is needed"]
    found = []
    for module, functions in FUNCTIONS.items():
        loaded = importlib.import_module(f"ministack.{module}")
        for name, parameters in functions.items():
            function = getattr(loaded, name, None)
            if not callable(function):
                found.append(f"{module}.{name} is gone")
            elif list(inspect.signature(function).parameters) != parameters.split():
                found.append(f"{module}.{name} has other parameters: {inspect.signature(function)}")
    for module, callers in CALLERS.items():
        loaded = importlib.import_module(f"ministack.{module}")
        for name, called in callers.items():
            code = _code_of(loaded, name)
            missing = [each for each in called.split() if code is None or each not in code.co_names]
            found.extend(f"{module}.{name} no longer uses {each}" for each in missing)
    for module, names in VALUES.items():
        loaded = importlib.import_module(f"ministack.{module}")
        found.extend(f"{module}.{name} is gone" for name in names.split() if not hasattr(loaded, name))
    return found


def _code_of(module: Any, name: str) -> Any:
    """The code of a function, or of a class's method (`Class.method`)."""
    found = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return getattr(found, "__code__", None)
