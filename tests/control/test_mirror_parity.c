/*
 * The kernel as oracle: random operations on links, addresses, neighbours, nexthop objects and
 * routes of a namespace, and after each quiet point every destination that could matter is looked
 * up in the kernel and in the FIB.
 *
 *   test_control_mirror_parity [SECONDS [SEED]]
 */

#include "kernel_oracle.h"
#include "mirror_world.h"

#define PROBES_MAX 4096U
#define QUIET_NS 3000000ULL

static unsigned run_seconds = 5;
static unsigned seed;
static uint64_t random_state;

static struct world world;
static struct oracle oracle;
static int port_ifindex[WORLD_PORTS];
static uint32_t probes[PROBES_MAX];
static unsigned n_probes;

static unsigned pick(unsigned n)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(random_state >> 33) % n;
}

/* Expected and found are brought to the same form: a sorted list of what may happen to a packet. */
struct outcome {
	enum dp_nh_kind kind;
	uint16_t port;
	uint16_t weight;
	uint8_t mac[6];
};
struct verdict {
	unsigned n;
	struct outcome outcomes[ORACLE_PATHS_MAX];
};

static int outcome_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct outcome));
}

static void verdict_sort(struct verdict *verdict)
{
	/* The weight of a single way out means nothing. */
	if (verdict->n == 1)
		verdict->outcomes[0].weight = 1;
	qsort(verdict->outcomes, verdict->n, sizeof(verdict->outcomes[0]), outcome_compare);
}

static struct outcome *verdict_add(struct verdict *verdict, enum dp_nh_kind kind)
{
	struct outcome *outcome = &verdict->outcomes[verdict->n++];

	outcome->kind = kind;
	outcome->weight = 1;
	return outcome;
}

static int port_of(int ifindex)
{
	for (unsigned port = 0; port < WORLD_PORTS; port++) {
		if (port_ifindex[port] == ifindex)
			return (int)port;
	}
	return -1;
}

static bool neigh_is_valid(const struct oracle_neigh *neigh)
{
	return neigh && neigh->has_mac &&
	       (neigh->state &
		(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP));
}

static void expect_path(const struct oracle_path *path, uint32_t neighbour, struct verdict *verdict)
{
	int port = port_of(path->ifindex);
	const struct oracle_neigh *neigh = NULL;
	struct outcome *outcome;

	if (!oracle_path_is_usable(&oracle, path))
		return;
	if (port < 0) {
		verdict_add(verdict, DP_NH_UNREACHABLE)->weight = (uint16_t)path->weight;
		return;
	}
	if (neighbour != 0)
		neigh = oracle_neigh(&oracle, path->ifindex, neighbour);
	outcome = verdict_add(verdict, neigh_is_valid(neigh) ? DP_NH_FORWARD : DP_NH_GLEAN);
	outcome->port = (uint16_t)port;
	outcome->weight = (uint16_t)path->weight;
	if (neigh_is_valid(neigh))
		memcpy(outcome->mac, neigh->mac, sizeof(outcome->mac));
}

static void expect_unicast(const struct oracle_route *route, uint32_t addr, struct verdict *verdict)
{
	for (unsigned i = 0; i < route->n_paths; i++) {
		const struct oracle_path *path = &route->paths[i];
		uint32_t neighbour = path->gateway;

		if (neighbour == 0 && route->n_paths == 1)
			neighbour = addr;
		expect_path(path, neighbour, verdict);
	}
	if (verdict->n == 0)
		verdict_add(verdict, DP_NH_UNREACHABLE);
}

static void expected(const struct oracle_route *route, uint32_t addr, struct verdict *verdict)
{
	memset(verdict, 0, sizeof(*verdict));
	if (route->error == -EINVAL)
		verdict_add(verdict, DP_NH_BLACKHOLE);
	else if (route->error < 0)
		verdict_add(verdict, DP_NH_UNREACHABLE);
	else if (route->type != RTN_UNICAST)
		verdict_add(verdict, DP_NH_LOCAL);
	else
		expect_unicast(route, addr, verdict);
	verdict_sort(verdict);
}

static void found_add(const struct dp_nexthop *nexthop, uint16_t weight, struct verdict *verdict)
{
	struct outcome *outcome = verdict_add(verdict, nexthop->kind);

	outcome->weight = weight;
	if (nexthop->kind == DP_NH_FORWARD || nexthop->kind == DP_NH_GLEAN)
		outcome->port = nexthop->port;
	if (nexthop->kind == DP_NH_FORWARD)
		memcpy(outcome->mac, nexthop->dst_mac, sizeof(outcome->mac));
}

static void found(uint32_t addr, struct verdict *verdict)
{
	uint32_t index = dp_route_lookup(world.routing, addr);
	struct dp_nexthop nexthop = { .kind = DP_NH_UNREACHABLE };
	struct dp_nexthop member;

	memset(verdict, 0, sizeof(*verdict));
	if (index != DP_NH_NONE)
		assert_int_equal(dp_nexthop_get(world.routing, index, &nexthop), 0);
	if (nexthop.kind != DP_NH_GROUP)
		found_add(&nexthop, 1, verdict);
	for (unsigned i = 0; nexthop.kind == DP_NH_GROUP && i < nexthop.n_members; i++) {
		assert_int_equal(dp_nexthop_get(world.routing, nexthop.members[i], &member), 0);
		found_add(&member, nexthop.weights[i], verdict);
	}
	verdict_sort(verdict);
}

static void verdict_print(const char *what, const struct verdict *verdict)
{
	static const char *const kinds[] = { "unreachable", "blackhole", "local",
					     "glean",	    "forward",	 "group" };

	print_error("  %s:", what);
	for (unsigned i = 0; i < verdict->n; i++) {
		const struct outcome *outcome = &verdict->outcomes[i];

		print_error(" [%s port %u weight %u mac ..%02x:%02x]", kinds[outcome->kind],
			    outcome->port, outcome->weight, outcome->mac[4], outcome->mac[5]);
	}
	print_error("\n");
}

static bool probe_agrees(uint32_t addr, bool print)
{
	struct oracle_route route;
	struct verdict want;
	struct verdict have;

	assert_true(oracle_lookup(&oracle, addr, &route));
	/* Where it ignores such routes it should have gone on with the next. */
	for (unsigned i = 0; i < route.n_paths; i++) {
		if (oracle_path_is_mistaken(&oracle, &route.paths[i]))
			return true;
	}
	expected(&route, addr, &want);
	found(addr, &have);
	if (want.n == have.n &&
	    memcmp(want.outcomes, have.outcomes, want.n * sizeof(want.outcomes[0])) == 0)
		return true;
	if (print) {
		print_error("%u.%u.%u.%u: route /%u type %u error %d\n", addr >> 24,
			    addr >> 16 & 255, addr >> 8 & 255, addr & 255, route.depth, route.type,
			    route.error);
		verdict_print("kernel", &want);
		verdict_print("FIB   ", &have);
	}
	return false;
}

static void probe_add(uint32_t addr)
{
	/* The data path decides these before it looks at routes. */
	if (addr >> 24 == 0 || addr >> 24 == 127 || addr >> 24 >= 224)
		return;
	if (n_probes < PROBES_MAX)
		probes[n_probes++] = addr;
}

static int probe_prefix(uint32_t prefix, uint8_t depth, uint32_t nexthop, void *arg)
{
	uint32_t last = prefix | (uint32_t)(0xffffffffULL >> depth);

	(void)nexthop;
	(void)arg;
	probe_add(prefix - 1);
	probe_add(prefix);
	probe_add(last);
	probe_add(last + 1);
	return 0;
}

/* Everything that the operations can name, and the edges of what the FIB holds. */
static void probes_collect(void)
{
	n_probes = 0;
	for (unsigned net = 0; net <= WORLD_PORTS; net++) {
		for (unsigned sub = 0; sub < 2; sub++) {
			for (unsigned host = 0; host < 6; host++)
				probe_add(10U << 24 | net << 16 | sub << 8 | host);
			probe_add(10U << 24 | net << 16 | sub << 8 | 255);
		}
	}
	for (unsigned a = 0; a < 3; a++) {
		for (unsigned b = 0; b < 3; b++) {
			for (unsigned c = 0; c < 3; c++)
				probe_add(20U << 24 | a << 16 | b << 8 | c);
		}
	}
	dp_route_walk(world.routing, probe_prefix, NULL);
}

/* Routes of both sides, one line each; the order within prefix and table is the kernel's. */
struct line {
	uint32_t prefix;
	uint8_t depth;
	bool is_main;
	unsigned place;
	char text[256];
};
struct table {
	unsigned n;
	struct line lines[ORACLE_ROUTES_MAX];
};
static struct table kernel_table;
static struct table mirror_table;

static int line_compare(const void *a, const void *b)
{
	const struct line *x = a;
	const struct line *y = b;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	if (x->is_main != y->is_main)
		return x->is_main ? 1 : -1;
	return x->place < y->place ? -1 : 1;
}

static struct line *line_add(struct table *table, uint32_t line_prefix, uint8_t depth, bool is_main)
{
	struct line *line = &table->lines[table->n];

	assert_true(table->n < ORACLE_ROUTES_MAX);
	line->prefix = line_prefix;
	line->depth = depth;
	line->is_main = is_main;
	line->place = table->n++;
	return line;
}

__attribute__((format(printf, 2, 3))) static void line_print(struct line *line, const char *format,
							     ...)
{
	size_t len = strlen(line->text);
	va_list args;

	va_start(args, format);
	vsnprintf(line->text + len, sizeof(line->text) - len, format, args);
	va_end(args);
}

static const char *device_name(int ifindex)
{
	static char name[IFNAMSIZ];
	int port = port_of(ifindex);

	if (port < 0)
		return "other";
	snprintf(name, sizeof(name), "p%d", port);
	return name;
}

static void table_of_kernel(struct table *table)
{
	memset(table, 0, sizeof(*table));
	assert_true(oracle_read_routes(&oracle));
	for (unsigned i = 0; i < oracle.n_routes; i++) {
		const struct oracle_route *route = &oracle.routes[i];
		struct line *line = line_add(table, route->prefix, route->depth,
					     route->table == RT_TABLE_MAIN);

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

static int mirror_line(const struct ctl_mirror_route *route, void *arg)
{
	struct line *line = line_add(arg, ctl_addr_ipv4(&route->prefix), route->depth,
				     route->table == RT_TABLE_MAIN);

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

static void table_of_mirror(struct table *table)
{
	memset(table, 0, sizeof(*table));
	ctl_mirror_walk_routes(world.mirror, mirror_line, table);
	qsort(table->lines, table->n, sizeof(table->lines[0]), line_compare);
}

static bool table_has(const struct table *table, const struct line *line)
{
	for (unsigned i = 0; i < table->n; i++) {
		if (strcmp(table->lines[i].text, line->text) == 0)
			return true;
	}
	return false;
}

static unsigned lines_missing(const struct table *from, const struct table *in, const char *what,
			      bool print)
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
static unsigned table_differences(bool print)
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

static unsigned differences(bool print)
{
	unsigned n = 0;

	assert_true(oracle_read_neighs(&oracle));
	assert_true(oracle_read_links(&oracle));
	probes_collect();
	for (unsigned i = 0; i < n_probes; i++)
		n += !probe_agrees(probes[i], print && n < 5);
	return n + table_differences(print);
}

static const char *device(void)
{
	static const char *const names[] = { "p0", "p1", "p2", "p3", "x0" };

	return names[pick(sizeof(names) / sizeof(names[0]))];
}

static const char *prefix(void)
{
	static char text[32];
	unsigned kind = pick(10);

	if (kind == 0)
		snprintf(text, sizeof(text), "default");
	else if (kind < 4)
		snprintf(text, sizeof(text), "20.%u.0.0/16", pick(3));
	else if (kind < 7)
		snprintf(text, sizeof(text), "20.%u.%u.0/24", pick(3), pick(3));
	else if (kind < 9)
		snprintf(text, sizeof(text), "20.%u.%u.%u/32", pick(3), pick(3), pick(3));
	else
		snprintf(text, sizeof(text), "10.%u.%u.%u/32", pick(5), pick(2), 2 + pick(4));
	return text;
}

static void op_addr(void)
{
	static const char *const verbs[] = { "add", "add", "add", "del" };
	unsigned net = pick(5);
	const char *dev = net < 4 ? (const char *[]){ "p0", "p1", "p2", "p3" }[net] : "x0";

	if (pick(40) == 0)
		world_add(&world, "addr flush dev %s", dev);
	else if (pick(12) == 0)
		world_add(&world, "addr %s 10.%u.1.1 peer 10.%u.1.2/32 dev %s", verbs[pick(4)], net,
			  net, dev);
	else
		world_add(&world, "addr %s 10.%u.%u.1/%u dev %s", verbs[pick(4)], net, pick(2),
			  pick(8) ? 24 : 30, dev);
}

static void op_neigh(void)
{
	unsigned net = pick(4);
	unsigned sub = pick(2);
	unsigned host = 2 + pick(4);

	if (pick(3) == 0)
		world_add(&world, "neigh del 10.%u.%u.%u dev p%u", net, sub, host, net);
	else
		world_add(&world,
			  "neigh replace 10.%u.%u.%u lladdr 02:00:%02x:%02x:%02x:%02x dev p%u %s",
			  net, sub, host, net, sub, host, pick(2), net,
			  pick(3) ? "nud permanent" : "nud stale");
}

/* One way out, in the words of "nexthop". */
static const char *way(void)
{
	static char text[64];
	unsigned net = pick(5);

	if (pick(4) == 0)
		snprintf(text, sizeof(text), "dev %s", device());
	else
		snprintf(text, sizeof(text), "via 10.%u.%u.%u", net, pick(2), 2 + pick(4));
	return text;
}

static void op_nexthop(void)
{
	static const char *const verbs[] = { "add", "add", "replace" };
	const char *verb = verbs[pick(3)];
	unsigned net = pick(4);

	switch (pick(8)) {
	case 0:
		world_add(&world, "nexthop del id %u", 1 + pick(16));
		break;
	case 1:
	case 2:
		world_add(&world, "nexthop %s id %u group %u,%u/%u,%u", verb, 11 + pick(4),
			  1 + pick(3), 4 + pick(2), 1 + pick(3), 6 + pick(3));
		break;
	case 3:
		world_add(&world, "nexthop %s id %u blackhole", verb, 9 + pick(2));
		break;
	case 4:
		world_add(&world, "nexthop %s id %u dev %s", verb, 1 + pick(8), device());
		break;
	default:
		world_add(&world, "nexthop %s id %u via 10.%u.%u.%u dev p%u", verb, 1 + pick(8),
			  net, pick(2), 2 + pick(4), net);
	}
}

static void op_route(void)
{
	static const char *const verbs[] = { "add",	"add",	   "append", "prepend",
					     "replace", "replace", "change", "del" };
	static const char *const types[] = { "blackhole", "unreachable", "prohibit", "throw" };
	const char *verb = verbs[pick(8)];
	char tail[48] = "";
	const char *to = prefix();

	if (pick(3) == 0)
		snprintf(tail, sizeof(tail), " metric %u", 10 * (1 + pick(2)));
	if (pick(8) == 0)
		snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail), " src 10.%u.%u.1",
			 pick(5), pick(2));
	if (pick(40) == 0)
		snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail), " table local");
	/*
	 * Among several default routes of one metric the kernel prefers one whose gateway answers
	 * (fib_select_default()); the mirror takes the first. Not compared.
	 */
	if (strcmp(to, "default") == 0 && (verb == verbs[2] || verb == verbs[3]))
		verb = verbs[4];
	switch (pick(10)) {
	case 0:
		world_add(&world, "route %s %s %s%s", verb, types[pick(4)], to, tail);
		break;
	case 1:
		world_add(&world, "route %s local %s dev lo", verb, to);
		break;
	case 2:
	case 3:
		world_add(&world, "route %s %s nhid %u%s", verb, to, 1 + pick(14), tail);
		break;
	case 4:
	case 5: {
		char first[64];

		snprintf(first, sizeof(first), "%s", way());
		world_add(&world, "route %s %s%s nexthop %s weight %u nexthop %s", verb, to, tail,
			  first, 1 + pick(3), way());
		break;
	}
	case 6:
		world_add(&world, "route del %s", to);
		break;
	default:
		world_add(&world, "route %s %s %s%s", verb, to, way(), tail);
	}
}

static void op_link(void)
{
	unsigned port = pick(WORLD_PORTS);

	switch (pick(6)) {
	case 0:
		world_add(&world, "link set %s down", device());
		break;
	case 1:
	case 2:
		world_add(&world, "link set %s up", device());
		break;
	case 3:
		world_add(&world, "link set q%u down", port);
		break;
	case 4:
		world_add(&world, "link set q%u up", port);
		break;
	default:
		if (pick(6) != 0)
			break;
		world_add(&world, "link del p%u", port);
		world_add(&world, "link add p%u type veth peer name q%u", port, port);
		world_add(&world, "link set p%u up addrgenmode none", port);
		world_add(&world, "link set q%u up addrgenmode none", port);
	}
}

/* Not by ip(8), and so not in the order of the batch. */
static void op_sysctl(void)
{
	struct ctl_netns home;
	struct dp_why why;
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/ignore_routes_with_linkdown",
		 pick(2) ? "all" : device());
	assert_int_equal(ctl_netns_enter(world.netns, &home, &why), 0);
	file = fopen(path, "w");
	if (file) {
		fprintf(file, "%u", pick(2));
		fclose(file);
	}
	assert_int_equal(ctl_netns_leave(&home, &why), 0);
}

static void op_any(void)
{
	unsigned kind = pick(100);

	if (kind < 8)
		op_link();
	else if (kind < 20)
		op_addr();
	else if (kind < 32)
		op_neigh();
	else if (kind < 50)
		op_nexthop();
	else
		op_route();
}

static void ports_look_up(void)
{
	struct ctl_netns home;
	struct dp_why why;

	assert_int_equal(ctl_netns_enter(world.netns, &home, &why), 0);
	for (unsigned port = 0; port < WORLD_PORTS; port++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "p%u", port);
		port_ifindex[port] = (int)if_nametoindex(name);
	}
	assert_int_equal(ctl_netns_leave(&home, &why), 0);
}

static void report(unsigned rounds, unsigned long ops, unsigned long looked, unsigned late)
{
	struct ctl_mirror_stats stats = world_stats(&world);

	print_message("%u rounds, %lu operations, %lu lookups, %u rounds settled by a resync; "
		      "%lu messages, %lu purged, %lu swept, %lu resyncs, lag max %lu us\n",
		      rounds, ops, looked, late, (unsigned long)stats.messages,
		      (unsigned long)stats.purges, (unsigned long)stats.swept,
		      (unsigned long)stats.resyncs, (unsigned long)stats.lag_max_ns / 1000);
}

static void kernel_print(void)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "(ip -n %s -br link; ip -n %s -br -4 addr; ip -n %s route show table all; "
		 "ip -n %s nexthop; ip netns exec %s sysctl -a 2>/dev/null | "
		 "grep 'ipv4.*ignore_routes_with_linkdown') >&2",
		 world.netns, world.netns, world.netns, world.netns, world.netns);
	if (system(command) != 0)
		print_error("cannot show the kernel's tables\n");
}

/* Notifications alone must do; a synchronisation is allowed to help only where the kernel is late. */
static unsigned round_settle(void)
{
	world_settle(&world, QUIET_NS);
	ports_look_up();
	if (differences(false) == 0)
		return 0;
	world_settle(&world, 10 * QUIET_NS);
	if (differences(getenv("SLUICE_PARITY_STRICT") != NULL) == 0)
		return 0;
	for (unsigned wait = 0; wait < 40; wait++) {
		world_settle(&world, 50000000);
		if (differences(false) == 0)
			return 1;
	}
	differences(true);
	kernel_print();
	fail_msg("the FIB differs from the kernel; repeat with: %u %u", run_seconds, seed);
	return 1;
}

static void test_fib_equals_kernel_after_random_operations(void **state)
{
	uint64_t until_ns = world_now_ns() + run_seconds * 1000000000ULL;
	unsigned long looked = 0;
	unsigned long ops = 0;
	unsigned rounds = 0;
	unsigned late = 0;

	(void)state;
	print_message("seed %u\n", seed);
	random_state = seed;
	world_mirror_start(&world, 0);
	while (world_now_ns() < until_ns) {
		unsigned n = 1 + pick(40);

		world_batch_begin(&world);
		for (unsigned i = 0; i < n; i++)
			op_any();
		if (pick(8) == 0)
			op_sysctl();
		world_batch_end(&world);
		late += round_settle();
		looked += n_probes;
		ops += n;
		rounds++;
	}
	report(rounds, ops, looked, late);
	assert_int_equal(world_stats(&world).malformed, 0);
	assert_int_equal(world_stats(&world).fib_errors, 0);
	assert_int_equal(world_stats(&world).request_errors, 0);
}

static int setup(void **state)
{
	(void)state;
	world_create(&world);
	assert_true(oracle_open(&oracle, world.netns));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	oracle_close(&oracle);
	world_destroy(&world);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fib_equals_kernel_after_random_operations,
						setup, teardown),
	};

	seed = (unsigned)time(NULL);
	if (argc > 1)
		run_seconds = (unsigned)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = (unsigned)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
