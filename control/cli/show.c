#include "control/cli/show.h"

#include "control/cli/field.h"

#include <inttypes.h>
#include <string.h>

#include <json-c/json.h>

#define N_COLUMNS(columns) (sizeof(columns) / sizeof((columns)[0]))

/* One table of an object. A row gives one line, or as many as its own function adds. */
struct view {
	const char *object;
	const struct cli_column *columns;
	unsigned n_columns;
	bool (*skip)(struct json_object *row);
	void (*print)(struct json_object *row, FILE *out); /* instead of a table */
	const char *list; /* key of an array whose elements are lines with their row's columns */
};

static const struct cli_column router_columns[] = {
	{ "ROUTER", "name", CLI_TEXT },
	{ "NETNS", "netns", CLI_TEXT },
	{ "CORE", "core", CLI_COUNT },
	{ "QUANTUM", "quantum_ns", CLI_NS },
	{ "POLICE", "police_at", CLI_TEXT },
	{ "PORTS", "ports", CLI_COUNT },
	{ "READY", "ready", CLI_YES },
	{ "ROUTES", "fib.routes", CLI_COUNT },
	{ "NEXTHOPS", "fib.nexthops", CLI_COUNT },
	{ "NEIGHBOURS", "mirror.neighbours", CLI_COUNT },
	{ "OVERRUNS", "mirror.overruns", CLI_COUNT },
	{ "RESYNCS", "mirror.resyncs", CLI_COUNT },
	{ "PURGES", "mirror.purges", CLI_COUNT },
	{ "AUDITS", "mirror.audits", CLI_COUNT },
	{ "DIFFERENCES", "mirror.differences", CLI_COUNT },
	{ "LAG-MAX", "mirror.lag_max_ns", CLI_NS },
	{ "BUFFERS", "pool.in_use_pkts", CLI_COUNT },
	{ "OF", "pool.size_pkts", CLI_COUNT },
};

static const struct cli_column port_columns[] = {
	{ "ROUTER", "router", CLI_TEXT }, { "PORT", "name", CLI_TEXT },
	{ "DEVICE", "device", CLI_TEXT }, { "LINK", "carrier", CLI_YES },
	{ "UP", "admin_up", CLI_YES },	  { "MTU", "mtu", CLI_COUNT },
	{ "RPF", "rpf", CLI_TEXT },	  { "RX", "rx_bps", CLI_BPS },
	{ "", "rx_layer", CLI_TEXT },	  { "RX-PKTS", "rx_pps", CLI_PPS },
	{ "TX", "tx_bps", CLI_BPS },	  { "", "tx_layer", CLI_TEXT },
	{ "TX-PKTS", "tx_pps", CLI_PPS }, { "MISSED", "missed_pkts", CLI_COUNT },
	{ "POLICE", "police", CLI_SLA },  { "SHAPE", "shape", CLI_SLA },
};

/* The last five are fields of a path, the others of its route. */
static const struct cli_column route_columns[] = {
	{ "ROUTER", "row.router", CLI_TEXT },	 { "PREFIX", "row.prefix", CLI_TEXT },
	{ "TABLE", "row.table", CLI_TEXT },	 { "PROTOCOL", "row.protocol", CLI_TEXT },
	{ "METRIC", "row.metric", CLI_COUNT },	 { "TYPE", "row.type", CLI_TEXT },
	{ "ACTIVE", "row.active", CLI_YES },	 { "NEXTHOP", "row.nexthop_id", CLI_COUNT },
	{ "GATEWAY", "item.gateway", CLI_TEXT }, { "PORT", "item.port", CLI_TEXT },
	{ "MAC", "item.mac", CLI_TEXT },	 { "WEIGHT", "item.weight", CLI_COUNT },
	{ "USABLE", "item.usable", CLI_YES },
};

static const struct cli_column rule_columns[] = {
	{ "ROUTER", "router", CLI_TEXT },      { "FAMILY", "family", CLI_TEXT },
	{ "PRIORITY", "priority", CLI_COUNT }, { "MATCH", "match", CLI_TEXT },
	{ "ACTION", "action", CLI_TEXT },      { "HANDLED-BY", "handled_by", CLI_TEXT },
};

static const struct cli_column neighbour_columns[] = {
	{ "ROUTER", "router", CLI_TEXT },  { "ADDRESS", "address", CLI_TEXT },
	{ "PORT", "port", CLI_TEXT },	   { "MAC", "mac", CLI_TEXT },
	{ "STATE", "state", CLI_TEXT },	   { "RESOLVED", "resolved", CLI_YES },
	{ "GATEWAY", "gateway", CLI_YES },
};

static const struct cli_column latency_columns[] = {
	{ "ROUTER", "router", CLI_TEXT },
	{ "PACKETS", "count_pkts", CLI_COUNT },
	{ "MIN", "min_ns", CLI_NS },
	{ "MEAN", "mean_ns", CLI_NS },
	{ "P50", "p50_ns", CLI_NS },
	{ "P90", "p90_ns", CLI_NS },
	{ "P99", "p99_ns", CLI_NS },
	{ "P99.9", "p999_ns", CLI_NS },
	{ "P99.99", "p9999_ns", CLI_NS },
	{ "P99.999", "p99999_ns", CLI_NS },
	{ "MAX", "max_ns", CLI_NS },
	{ "BY-GAP", "gap_pkts", CLI_COUNT },
	{ "BY-QUEUE", "queue_pkts", CLI_COUNT },
};

static const struct cli_column conformance_columns[] = {
	{ "ROUTER", "router", CLI_TEXT },
	{ "PORT", "port", CLI_TEXT },
	{ "SLA", "sla", CLI_TEXT },
	{ "RATE", NULL, CLI_RATE },
	{ "BURST", "burst_bytes", CLI_BYTES },
	{ "MEASURED", "measured_burst_bytes", CLI_BYTES },
	{ "EXCESS", "excess_bytes", CLI_BYTES },
	{ "ALLOWED", "tolerance_bytes", CLI_BYTES },
	{ "PACKETS", "tx_pkts", CLI_COUNT },
	{ "CONFORMS", "conforms", CLI_YES },
};

static const struct cli_column class_columns[] = {
	{ "ROUTER", "router", CLI_TEXT },	  { "CLASS", "class", CLI_TEXT },
	{ "POLICE", "police", CLI_SLA },	  { "KIND", "police.kind", CLI_TEXT },
	{ "GREEN", "green_pkts", CLI_COUNT },	  { "BYTES", "green_bytes", CLI_COUNT },
	{ "YELLOW", "yellow_pkts", CLI_COUNT },	  { "BYTES", "yellow_bytes", CLI_COUNT },
	{ "RED", "red_pkts", CLI_COUNT },	  { "BYTES", "red_bytes", CLI_COUNT },
	{ "DROPPED", "drop_pkts", CLI_COUNT },	  { "BY-PORT", "aggregate_drop_pkts", CLI_COUNT },
	{ "REMARKED", "remark_pkts", CLI_COUNT }, { "RESCUED", "rescued_pkts", CLI_COUNT },
};

/* Every queue of a class, with the settings in force. */
static const struct cli_column queue_columns[] = {
	{ "ROUTER", "row.router", CLI_TEXT },
	{ "CLASS", "row.class", CLI_TEXT },
	{ "PORT", "item.port", CLI_TEXT },
	{ "FLOWS", "item.flows", CLI_YES },
	{ "LEVEL", "item.level", CLI_COUNT },
	{ "WEIGHT", "item.weight", CLI_COUNT },
	{ "QUANTUM", "item.quantum_bytes", CLI_BYTES },
	{ "RATE", "item", CLI_RATE },
	{ "BURST", "item.burst_bytes", CLI_BYTES },
	{ "LIMIT", "item.limit_bytes", CLI_BYTES },
	{ "WAIT", "item.limit_ns", CLI_NS },
	{ "ECN", "item.ecn_ns", CLI_NS },
	{ "QUOTA", "item.quota_pkts", CLI_COUNT },
	{ "DIRECT", "item.direct_pkts", CLI_COUNT },
	{ "ENQUEUED", "item.enqueued_pkts", CLI_COUNT },
	{ "DEQUEUED", "item.dequeued_pkts", CLI_COUNT },
	{ "MARKED", "item.marked_pkts", CLI_COUNT },
	{ "QUEUED", "item.queued_pkts", CLI_COUNT },
	{ "MAX", "item.max_queued_bytes", CLI_BYTES },
	{ "DROPS", "item.drops", CLI_COUNTS },
};

/* All of the total but the last three, which are the largest of each part. */
static const struct cli_column sla_columns[] = {
	{ "ROUTER", "router", CLI_TEXT },
	{ "CLASS", "class", CLI_TEXT },
	{ "SOLD", "sold", CLI_SLA },
	{ "DELAY", "delay_ns", CLI_NS },
	{ "OFFERED", "offered_pkts", CLI_COUNT },
	{ "DELIVERED", "delivered_pkts", CLI_COUNT },
	{ "BURST-IN", "in.measured_burst_bytes", CLI_BYTES },
	{ "FITS", "in.conforms", CLI_YES },
	{ "BURST-OUT", "out.measured_burst_bytes", CLI_BYTES },
	{ "FITS", "out.conforms", CLI_YES },
	{ "P50", "delays.total.p50_ns", CLI_NS },
	{ "P99", "delays.total.p99_ns", CLI_NS },
	{ "P99.9", "delays.total.p999_ns", CLI_NS },
	{ "P99.999", "delays.total.p99999_ns", CLI_NS },
	{ "MAX", "delays.total.max_ns", CLI_NS },
	{ "CORE", "delays.core.max_ns", CLI_NS },
	{ "PIPELINE", "delays.pipeline.max_ns", CLI_NS },
	{ "SHAPER", "delays.shaper.max_ns", CLI_NS },
	{ "BY-GAP", "gap_pkts", CLI_COUNT },
	{ "BY-QUEUE", "queue_pkts", CLI_COUNT },
	{ "MARGIN", "margin_ns", CLI_SIGNED_NS },
	{ "VERDICT", "verdict", CLI_TEXT },
};

_Static_assert(N_COLUMNS(queue_columns) <= CLI_TABLE_COLUMNS_MAX, "the widest table fits");

static const struct cli_column device_columns[] = {
	{ "ROUTER", "router", CLI_TEXT },
	{ "PORT", "port", CLI_TEXT },
	{ "PCI", "pci_address", CLI_TEXT },
	{ "DRIVER", "driver", CLI_TEXT },
	{ "STATE", "state", CLI_TEXT },
	{ "LINK-IRQ", "link_interrupt", CLI_YES },
	{ "CONTROL", "control", CLI_TEXT },
	{ "MAX-MTU", "max_mtu", CLI_COUNT },
	{ "RX-QUEUES", "max_rx_queues", CLI_COUNT },
	{ "TX-QUEUES", "max_tx_queues", CLI_COUNT },
	{ "RX-DESC", "rx_desc", CLI_COUNT },
	{ "OF", "max_rx_desc", CLI_COUNT },
	{ "TX-DESC", "tx_desc", CLI_COUNT },
	{ "OF", "max_tx_desc", CLI_COUNT },
	{ "MISSED", "missed_pkts", CLI_COUNT },
	{ "ERRORS", "rx_error_pkts", CLI_COUNT },
	{ "RX-USED", "rx_offloads_used", CLI_LIST },
	{ "TX-USED", "tx_offloads_used", CLI_LIST },
	{ "RX-OFFLOADS", "rx_offloads", CLI_LIST },
	{ "TX-OFFLOADS", "tx_offloads", CLI_LIST },
};

static const struct cli_column vf_columns[] = {
	{ "PF", "pf", CLI_TEXT },
	{ "INDEX", "index", CLI_COUNT },
	{ "PCI", "pci_address", CLI_TEXT },
	{ "DRIVER", "driver", CLI_TEXT },
	{ "MAC", "mac", CLI_TEXT },
	{ "VLAN", "vlan", CLI_COUNT },
	{ "SPOOF-CHECK", "spoof_check", CLI_YES },
	{ "TRUST", "trust", CLI_YES },
	{ "RATE-MBIT/S", "rate_mbps", CLI_COUNT },
	{ "LINK", "link", CLI_TEXT },
	{ "NUMA", "numa_node", CLI_COUNT },
	{ "OWNER", "owner", CLI_TEXT },
};

static const struct cli_column core_columns[] = {
	{ "CORE", "core", CLI_COUNT },
	{ "ROUTERS", "routers", CLI_LIST },
	{ "SCHEDULER", "scheduler", CLI_TEXT },
	{ "SLICE", "slice_ns", CLI_NS },
	{ "BUSY", NULL, CLI_BUSY },
	{ "TURNS", "loops", CLI_COUNT },
	{ "GAP-P99", "gap_p99_ns", CLI_NS },
	{ "GAP-P99.9", "gap_p999_ns", CLI_NS },
	{ "GAP-MAX", "gap_max_ns", CLI_NS },
};

static const struct cli_column counter_columns[] = {
	{ "PORT", "port", CLI_TEXT },
	{ "RX", "rx_pkts", CLI_COUNT },
	{ "TX", "tx_pkts", CLI_COUNT },
	{ "INJECTED", "injected_pkts", CLI_COUNT },
	{ "POLICE-PASS", "police_pass_pkts", CLI_COUNT },
	{ "POLICE-DROP", "police_drop_pkts", CLI_COUNT },
	{ "RESCUED", "control_rescued_pkts", CLI_COUNT },
	{ "PUNTED", "punt_pkts", CLI_COUNT },
	{ "DROPPED", "drop_pkts", CLI_COUNT },
	{ "QUEUED", "queued_pkts", CLI_COUNT },
	{ "MISSED", "missed_pkts", CLI_COUNT },
	{ "RX-ERRORS", "rx_error_pkts", CLI_COUNT },
	{ "TWIN-RX", "twin_rx_pkts", CLI_COUNT },
	{ "TWIN-TX", "twin_tx_pkts", CLI_COUNT },
	{ "TWIN-DROP", "twin_drop_pkts", CLI_COUNT },
};

static void head_add(struct cli_table *table, const struct cli_column *columns)
{
	for (unsigned i = 0; i < table->n_columns; i++)
		cli_table_add(table, "%s", columns[i].title);
}

static void row_add(struct cli_table *table, struct json_object *row,
		    const struct cli_column *columns)
{
	for (unsigned i = 0; i < table->n_columns; i++)
		cli_field_add(table, row, &columns[i]);
}

/* "policed 12, checksum 1", or "none" */
static void print_counts(const char *title, struct json_object *counts, FILE *out)
{
	struct json_object_iterator it, end;
	unsigned n = 0;

	(void)fprintf(out, "  %s:", title);
	if (json_object_is_type(counts, json_type_object)) {
		end = json_object_iter_end(counts);
		for (it = json_object_iter_begin(counts); !json_object_iter_equal(&it, &end);
		     json_object_iter_next(&it)) {
			uint64_t value = json_object_get_uint64(json_object_iter_peek_value(&it));

			if (value != 0)
				(void)fprintf(out, "%s %s %" PRIu64, n++ == 0 ? "" : ",",
					      json_object_iter_peek_name(&it), value);
		}
	}
	(void)fprintf(out, "%s\n", n == 0 ? " none" : "");
}

static void print_counters(struct json_object *row, FILE *out)
{
	struct cli_table table = { .n_columns = N_COLUMNS(counter_columns) };
	struct json_object *ports = cli_field_get(row, "ports");
	bool balanced = json_object_get_boolean(cli_field_get(row, "ledger.balanced"));

	(void)fprintf(
		out, "%s: in %" PRIu64 ", out %" PRIu64 " packets: ", cli_field_text(row, "router"),
		cli_field_u64(row, "ledger.in_pkts"), cli_field_u64(row, "ledger.out_pkts"));
	if (balanced)
		(void)fprintf(out, "balanced\n");
	else
		(void)fprintf(out, "%" PRId64 " in flight\n",
			      json_object_get_int64(cli_field_get(row, "ledger.difference_pkts")));
	head_add(&table, counter_columns);
	for (size_t i = 0; ports != NULL && i < json_object_array_length(ports); i++)
		row_add(&table, json_object_array_get_idx(ports, i), counter_columns);
	cli_table_print(&table, "  ", out);
	cli_table_fini(&table);
	print_counts("drops", cli_field_get(row, "drops"), out);
	print_counts("punts", cli_field_get(row, "punts"), out);
	print_counts("punt drops", cli_field_get(row, "punt_drops"), out);
}

static bool skip_local(struct json_object *row)
{
	return strcmp(cli_field_text(row, "table"), "local") == 0;
}

static bool skip_kernel(struct json_object *row)
{
	return cli_field_get(row, "green_pkts") == NULL;
}

static bool skip_without_queue(struct json_object *row)
{
	struct json_object *queues = cli_field_get(row, "queues");

	return !json_object_is_type(queues, json_type_array) ||
	       json_object_array_length(queues) == 0;
}

/* An object with several tables has a line for each. */
static const struct view views[] = {
	{ "routers", router_columns, N_COLUMNS(router_columns), NULL, NULL, NULL },
	{ "ports", port_columns, N_COLUMNS(port_columns), NULL, NULL, NULL },
	{ "routes", route_columns, N_COLUMNS(route_columns), skip_local, NULL, "paths" },
	{ "rules", rule_columns, N_COLUMNS(rule_columns), NULL, NULL, NULL },
	{ "neighbours", neighbour_columns, N_COLUMNS(neighbour_columns), NULL, NULL, NULL },
	{ "counters", NULL, 0, NULL, print_counters, NULL },
	{ "latency", latency_columns, N_COLUMNS(latency_columns), NULL, NULL, NULL },
	{ "conformance", conformance_columns, N_COLUMNS(conformance_columns), NULL, NULL, NULL },
	{ "cores", core_columns, N_COLUMNS(core_columns), NULL, NULL, NULL },
	{ "sla", sla_columns, N_COLUMNS(sla_columns), NULL, NULL, NULL },
	{ "devices", device_columns, N_COLUMNS(device_columns), NULL, NULL, NULL },
	{ "vf", vf_columns, N_COLUMNS(vf_columns), NULL, NULL, NULL },
	{ "classes", class_columns, N_COLUMNS(class_columns), skip_kernel, NULL, NULL },
	{ "classes", queue_columns, N_COLUMNS(queue_columns), skip_without_queue, NULL, "queues" },
};

bool cli_show_known(const char *object)
{
	for (unsigned i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		if (strcmp(views[i].object, object) == 0)
			return true;
	return false;
}

/* One line per element of the list, at least one; columns see both as row.KEY and item.KEY. */
static void list_add(struct cli_table *table, struct json_object *row, const struct view *view)
{
	struct json_object *list = cli_field_get(row, view->list);
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i == 0 || i < n; i++) {
		struct json_object *both = json_object_new_object();

		if (both == NULL) {
			table->failed = true;
			return;
		}
		(void)json_object_object_add(both, "row", json_object_get(row));
		if (i < n)
			(void)json_object_object_add(
				both, "item", json_object_get(json_object_array_get_idx(list, i)));
		row_add(table, both, view->columns);
		json_object_put(both);
	}
}

static bool view_print(const struct view *view, struct json_object *rows, FILE *out)
{
	struct cli_table table = { .n_columns = view->n_columns };
	bool complete;

	if (view->columns != NULL)
		head_add(&table, view->columns);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (view->skip != NULL && view->skip(row))
			continue;
		if (view->print != NULL)
			view->print(row, out);
		else if (view->list != NULL)
			list_add(&table, row, view);
		else
			row_add(&table, row, view->columns);
	}
	if (view->columns != NULL)
		cli_table_print(&table, "", out);
	complete = !table.failed;
	cli_table_fini(&table);
	return complete;
}

bool cli_show_print(const char *object, struct json_object *result, FILE *out)
{
	struct json_object *rows = cli_field_get(result, object);
	bool complete = json_object_is_type(rows, json_type_array);

	for (unsigned i = 0; i < sizeof(views) / sizeof(views[0]) && complete; i++) {
		if (strcmp(views[i].object, object) != 0)
			continue;
		if (i != 0 && strcmp(views[i - 1].object, object) == 0)
			(void)fputc('\n', out);
		complete = view_print(&views[i], rows, out);
	}
	return complete;
}
