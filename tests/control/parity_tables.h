#ifndef TESTS_CONTROL_PARITY_TABLES_H
#define TESTS_CONTROL_PARITY_TABLES_H

/* The routes of the kernel and those of the mirror, side by side. */

#include "kernel_oracle.h"
#include "mirror_world.h"

static struct world world;
static struct oracle oracle;
static int port_ifindex[WORLD_PORTS];

static inline int port_of(int ifindex)
{
	for (unsigned port = 0; port < WORLD_PORTS; port++) {
		if (port_ifindex[port] == ifindex)
			return (int)port;
	}
	return -1;
}

static inline void ports_look_up(void)
{
	struct dp_netns visit;
	struct dp_why why;

	assert_int_equal(dp_netns_enter(&visit, world.netns, &why), 0);
	for (unsigned port = 0; port < WORLD_PORTS; port++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "p%u", port);
		port_ifindex[port] = (int)if_nametoindex(name);
	}
	dp_netns_leave(&visit);
}

/* Routes of both sides, one line each; the order within prefix and table is the kernel's. */
struct line {
	uint32_t prefix;
	uint8_t depth;
	uint32_t table;
	unsigned place;
	char text[256];
};
struct table {
	unsigned n;
	struct line lines[ORACLE_ROUTES_MAX];
};
static struct table kernel_table;
static struct table mirror_table;

static inline int line_compare(const void *a, const void *b)
{
	const struct line *x = a;
	const struct line *y = b;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

static inline struct line *line_add(struct table *table, uint32_t line_prefix, uint8_t depth,
				    uint32_t id)
{
	struct line *line = &table->lines[table->n];

	assert_true(table->n < ORACLE_ROUTES_MAX);
	line->prefix = line_prefix;
	line->depth = depth;
	line->table = id;
	line->place = table->n++;
	return line;
}

__attribute__((format(printf, 2, 3))) static inline void line_print(struct line *line,
								    const char *format, ...)
{
	size_t len = strlen(line->text);
	va_list args;

	va_start(args, format);
	vsnprintf(line->text + len, sizeof(line->text) - len, format, args);
	va_end(args);
}

static inline const char *device_name(int ifindex)
{
	static char name[IFNAMSIZ];
	int port = port_of(ifindex);

	if (port < 0)
		return "other";
	snprintf(name, sizeof(name), "p%d", port);
	return name;
}

static inline void table_of_kernel(struct table *table)
{
	memset(table, 0, sizeof(*table));
	assert_true(oracle_read_routes(&oracle));
	for (unsigned i = 0; i < oracle.n_routes; i++) {
		const struct oracle_route *route = &oracle.routes[i];
		struct line *line = line_add(table, route->prefix, route->depth, route->table);

		line_print(line, "%08x/%u table %u type %u proto %u metric %u src %08x nhid %u",
			   route->prefix, route->depth, route->table, route->type, route->protocol,
			   route->metric, route->source, route->nexthop_id);
		for (unsigned k = 0; route->type == RTN_UNICAST && k < route->n_paths; k++)
			line_print(line, " [%s %08x %u%s]", device_name(route->paths[k].ifindex),
				   route->paths[k].gateway, route->paths[k].weight,
				   oracle_path_is_usable(&oracle, &route->paths[k]) ? ""
										    : " unusable");
	}
	qsort(table->lines, table->n, sizeof(table->lines[0]), line_compare);
}

static inline int mirror_line(const struct ctl_mirror_route *route, void *arg)
{
	struct line *line;

	if (route->prefix.family != AF_INET)
		return 0;
	line = line_add(arg, ctl_addr_ipv4(&route->prefix), route->depth, route->table);
	line_print(line, "%08x/%u table %u type %u proto %u metric %u src %08x nhid %u",
		   line->prefix, route->depth, route->table, route->type, route->protocol,
		   route->metric, ctl_addr_ipv4(&route->source), route->nexthop_id);
	for (unsigned k = 0; route->type == RTN_UNICAST && k < route->n_paths; k++)
		line_print(line, " [%s %08x %u%s]",
			   route->paths[k].is_port ? route->paths[k].port : "other",
			   ctl_addr_ipv4(&route->paths[k].gateway),
			   route->n_paths == 1 ? 1 : route->paths[k].weight,
			   route->paths[k].usable ? "" : " unusable");
	return 0;
}

static inline void table_of_mirror(struct table *table)
{
	memset(table, 0, sizeof(*table));
	ctl_mirror_walk_routes(world.mirror, NULL, mirror_line, table);
	qsort(table->lines, table->n, sizeof(table->lines[0]), line_compare);
}

static inline bool table_has(const struct table *table, const struct line *line)
{
	for (unsigned i = 0; i < table->n; i++) {
		if (strcmp(table->lines[i].text, line->text) == 0)
			return true;
	}
	return false;
}

static inline unsigned lines_missing(const struct table *from, const struct table *in,
				     const char *what, bool print)
{
	unsigned n = 0;

	for (unsigned i = 0; i < from->n; i++) {
		if (table_has(in, &from->lines[i]))
			continue;
		n++;
		if (print)
			print_error("only %s: %s\n", what, from->lines[i].text);
	}
	return n;
}

/* The routes that are not used count too: they are the next ones. */
static inline unsigned table_differences(bool print)
{
	unsigned n;

	table_of_kernel(&kernel_table);
	table_of_mirror(&mirror_table);
	n = lines_missing(&kernel_table, &mirror_table, "kernel", print) +
	    lines_missing(&mirror_table, &kernel_table, "mirror", print);
	if (n > 0 || kernel_table.n != mirror_table.n)
		return n + 1;
	for (unsigned i = 0; i < kernel_table.n; i++) {
		if (strcmp(kernel_table.lines[i].text, mirror_table.lines[i].text) == 0)
			continue;
		n++;
		if (print)
			print_error("order: kernel %s\n      mirror %s\n",
				    kernel_table.lines[i].text, mirror_table.lines[i].text);
	}
	return n;
}

#endif
