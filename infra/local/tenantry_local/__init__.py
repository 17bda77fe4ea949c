"""Tenantry's local cloud: what AWS does and the emulator ministack 1.5.33 does not.

Each module replaces a few functions of the emulator and names, per imitation,
the page of the AWS documentation that it holds to. Nothing of this package
runs on AWS.
"""
