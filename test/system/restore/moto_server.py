"""The server of moto, with what RDS does at a restore and moto does not."""

from uuid import uuid4

from moto.rds.models import DBCluster, DBInstance, RDSBackend
from moto.server import main

INSIGHTS = {
    "database_insights_mode": "database_insights_mode",
    "enable_performance_insights": "performance_insights_enabled",
    "performance_insights_retention_period": "performance_insights_retention_period",
}


def keep_insights(database, options: dict) -> None:
    for option, attribute in INSIGHTS.items():
        if options.get(option) is not None:
            setattr(database, attribute, options[option])


def separate(database: DBInstance) -> None:
    """Gives the instance its own id (moto: one id for all) and its own lists, separate from those of its source."""
    database.dbi_resource_id = "db-" + uuid4().hex[:26].upper()
    database.enabled_cloudwatch_logs_exports = list(database.enabled_cloudwatch_logs_exports)
    database.tags = list(database.tags)


make_instance, make_replica, make_cluster = DBInstance.__init__, RDSBackend.create_db_instance_read_replica, DBCluster.__init__
change_instance, change_cluster = DBInstance.update, RDSBackend.modify_db_cluster
restore_instance = RDSBackend.restore_db_instance_to_point_in_time


def instance(self, *args, **options):
    make_instance(self, *args, **options)
    separate(self)
    keep_insights(self, options)


def replica(self, options):
    made = make_replica(self, options)
    separate(made)
    made.tags = options.get("tags") or []
    made.enabled_cloudwatch_logs_exports = list(options.get("enable_cloudwatch_logs_exports") or [])
    made.multi_az = bool(options.get("multi_az"))
    keep_insights(made, options)
    return made


def cluster(self, *args, **options):
    make_cluster(self, *args, **options)
    self.url_identifier = "abcdefghijkl"  # AWS: one for each account and region
    keep_insights(self, options)


def changed_instance(self, *args, **options):
    change_instance(self, *args, **options)
    keep_insights(self, options)


def changed_cluster(self, options):
    name = options["db_cluster_identifier"]
    cluster = self.clusters[name]
    members = list(cluster._members)
    keep_insights(cluster, options)
    exports = options.get("cloudwatch_logs_export_configuration") or {}
    cluster.enabled_cloudwatch_logs_exports = [*cluster.enabled_cloudwatch_logs_exports, *exports.get("EnableLogTypes", [])]
    result = change_cluster(self, options)
    for member in members:  # AWS: members remain in a renamed cluster
        member.db_cluster_identifier = cluster.db_cluster_identifier
    return result


def restored_instance(self, source, target, options):
    made = restore_instance(self, source, target, options)
    made.source_db_instance_identifier = None  # moto would treat the instance as a replica of its source
    made.replicas = []
    made.tags = options.get("tags") or []
    made.enabled_cloudwatch_logs_exports = list(options.get("enable_cloudwatch_logs_exports") or [])
    return made


# A provisioned cluster has no scaling configuration (moto: one without values).
DBCluster.scaling_configuration_info = property(lambda self: self.scaling_configuration)
DBInstance.__init__ = instance
DBInstance.update = changed_instance
DBCluster.__init__ = cluster
RDSBackend.create_db_instance_read_replica = replica
RDSBackend.modify_db_cluster = changed_cluster
RDSBackend.restore_db_instance_to_point_in_time = restored_instance

if __name__ == "__main__":
    main()
