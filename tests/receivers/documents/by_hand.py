"""The settings of what can't be had as a Go module, written down by hand: a check of spelling and place, and no more.

`service_graph`: `connector/servicegraphconnector/config.schema.yaml` of opentelemetry-collector-contrib. Tempo: its
documentation, `configuration/manifest`, as far as it is the same in Tempo 2 and 3. `...` stands for any value."""

from collections.abc import Iterator

SERVICE_GRAPH = {
    "cache_loop": ...,
    "database_name_attributes": ...,
    "dimensions": ...,
    "exponential_histogram_max_size": ...,
    "latency_histogram_buckets": ...,
    "metrics_flush_interval": ...,
    "metrics_timestamp_offset": ...,
    "store": {"max_items": ..., "ttl": ...},
    "store_expiration_loop": ...,
    "virtual_node_extra_label": ...,
    "virtual_node_peer_attributes": ...,
}

TEMPO = {
    "server": {"http_listen_port": ..., "grpc_listen_port": ..., "log_level": ...},
    # What a receiver knows is in the Collector's schema.
    "distributor": {"receivers": {"otlp": ...}},
    "metrics_generator": {
        "processor": {
            "service_graphs": {
                "wait": ...,
                "max_items": ...,
                "workers": ...,
                "histogram_buckets": ...,
                "dimensions": ...,
                "enable_client_server_prefix": ...,
                "peer_attributes": ...,
                "enable_virtual_node_label": ...,
            },
            "span_metrics": {
                "histogram_buckets": ...,
                "intrinsic_dimensions": ...,
                "dimensions": ...,
                "dimension_mappings": ...,
                "enable_target_info": ...,
                "filter_policies": ...,
            },
        },
        "registry": {"collection_interval": ..., "stale_duration": ..., "external_labels": ...},
        "storage": {"path": ..., "wal": ..., "remote_write": ...},
    },
    "storage": {"trace": {"backend": ..., "wal": {"path": ...}, "local": {"path": ...}, "s3": ...}},
    "overrides": {"defaults": {"metrics_generator": {"processors": ..., "collection_interval": ...}}},
}


def faults(found: object, known: object, where: str) -> Iterator[str]:
    if known is ...:
        return
    if not isinstance(found, dict):
        yield f"{where}: expected settings, found {found!r}"
        return
    for key, value in found.items():
        if key in known:
            yield from faults(value, known[key], f"{where} {key}")
        else:
            yield f"{where}: no setting {key!r}"
