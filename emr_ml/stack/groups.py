"""The security groups of a stack, before they go."""

from collections.abc import Mapping

from emr_ml.launchers.emr.api import Api

GROUPS = ("PrimarySecurityGroup", "CoreSecurityGroup", "ServiceAccessSecurityGroup")


def revoke_all_rules(ec2: Api, outputs: Mapping[str, str]) -> None:
    """Take all rules from the groups in a stack's outputs.

    EMR adds rules of its own, by which the groups refer to each other. CloudFormation knows nothing
    of these, and a group that another refers to can't be removed.

    Raises:
        ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
    """
    ids = [outputs[name] for name in GROUPS if name in outputs]
    if not ids:
        return
    # a filter, not GroupIds: a removal that failed may have left only some of them
    wanted = [{"Name": "group-id", "Values": ids}]
    for page in ec2.pages("describe_security_groups", "SecurityGroups", Filters=wanted):
        for group in page:
            for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
                if rules := group.get(key):
                    ec2.ask(
                        f"revoke_security_group_{direction}",
                        GroupId=group["GroupId"],
                        IpPermissions=rules,
                    )
