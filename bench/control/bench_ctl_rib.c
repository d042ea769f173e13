/*
 * Netlink messages of routes decoded and applied, up to the data path's tables: rate, memory per
 * route, and the longest single call, for a table with the lengths of the Internet's.
 *
 *   bench_control_ctl_rib [ROUTES [GATEWAYS]]
 */

#include "control/mirror/ctl_nl_apply.h"
#include "tests/dataplane/route_mix.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#define PORT_IFINDEX 7
#define SPARE_IFINDEX 8
#define MESSAGE_BYTES 80U

static struct ctl_rib *rib;
static struct dp_routing *routing;
static struct route_mix *routes;
static unsigned n_routes = 1000000, n_gateways = 100;
static uint64_t longest_ns;
static uint64_t baseline_bytes;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

/* What others do on the processor does not count. */
static uint64_t spent_ns(void)
{
	struct timespec spent;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
	return (uint64_t)spent.tv_sec * 1000000000ULL + (uint64_t)spent.tv_nsec;
}

static uint64_t resident_bytes(void)
{
	char line[128], *resident;
	FILE *file = fopen("/proc/self/statm", "r");

	malloc_trim(0);
	if (file == NULL || fgets(line, sizeof(line), file) == NULL)
		abort();
	fclose(file);
	/* The first number is the size of the address space. */
	resident = line + strcspn(line, " ");
	return strtoul(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void fail(const char *what)
{
	(void)fprintf(stderr, "bench_ctl_rib: %s\n", what);
	exit(EXIT_FAILURE);
}

static void put_u32(char *msg, unsigned type, uint32_t value)
{
	struct nlmsghdr *head = (struct nlmsghdr *)(void *)msg;
	struct nlattr attr = { .nla_len = NLA_HDRLEN + sizeof(value), .nla_type = (uint16_t)type };

	memcpy(msg + head->nlmsg_len, &attr, sizeof(attr));
	memcpy(msg + head->nlmsg_len + NLA_HDRLEN, &value, sizeof(value));
	head->nlmsg_len += NLA_HDRLEN + (uint32_t)sizeof(value);
}

/* As zebra's routes look: protocol 186, metric 20. */
static size_t message(char *msg, const struct route_mix *route, bool removed, bool replace,
		      unsigned shift)
{
	struct nlmsghdr *head = (struct nlmsghdr *)(void *)msg;
	struct rtmsg *info = (struct rtmsg *)(void *)(msg + NLMSG_HDRLEN);
	unsigned gateway = (route->nexthop + shift) % n_gateways;

	memset(msg, 0, MESSAGE_BYTES);
	head->nlmsg_len = NLMSG_HDRLEN + sizeof(*info);
	head->nlmsg_type = removed ? RTM_DELROUTE : RTM_NEWROUTE;
	head->nlmsg_flags = replace ? NLM_F_REPLACE : 0;
	info->rtm_family = AF_INET;
	info->rtm_dst_len = route->depth;
	info->rtm_table = RT_TABLE_MAIN;
	info->rtm_protocol = 186;
	info->rtm_type = RTN_UNICAST;
	put_u32(msg, RTA_TABLE, RT_TABLE_MAIN);
	put_u32(msg, RTA_DST, htonl(route->prefix));
	put_u32(msg, RTA_PRIORITY, 20);
	put_u32(msg, RTA_GATEWAY, htonl(0x0a000002 + gateway));
	put_u32(msg, RTA_OIF, PORT_IFINDEX);
	return head->nlmsg_len;
}

static void apply(const struct route_mix *route, bool removed, bool replace, unsigned shift,
		  bool dump)
{
	_Alignas(8) char msg[MESSAGE_BYTES];
	size_t len = message(msg, route, removed, replace, shift);
	uint64_t since_ns = spent_ns(), took_ns;

	if (ctl_nl_apply(rib, (const struct nlmsghdr *)(const void *)msg, len, dump) != 0)
		fail("a message was refused");
	took_ns = spent_ns() - since_ns;
	longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
}

static void report(const char *what, uint64_t since_ns, unsigned n)
{
	double took_s = (double)(now_ns() - since_ns) / 1e9;
	struct dp_route_stats stats;
	uint64_t bytes = resident_bytes() - baseline_bytes;

	dp_route_stats_get(routing, &stats);
	printf("%-34s %8.0f k/s  longest call %7.0f us  %6.1f MB resident, %5.1f MB of them the "
	       "FIB's\n",
	       what, n / took_s / 1e3, (double)longest_ns / 1e3, (double)bytes / 1e6,
	       (double)stats.memory_bytes / 1e6);
	longest_ns = 0;
}

static void tell_link(int ifindex, const char *name, bool up)
{
	struct ctl_nl_link link = { .ifindex = ifindex, .mtu = 1500 };
	uint64_t since_ns;

	link.flags = up ? IFF_UP | IFF_RUNNING | 1U << 16 : 0;
	(void)snprintf(link.name, sizeof(link.name), "%s", name);
	since_ns = spent_ns();
	ctl_rib_apply_link(rib, &link, true);
	longest_ns = spent_ns() - since_ns;
}

static void begin(void)
{
	struct ctl_rib_params params = { .n_ports = 2, .port_names = { "p0", "p1" } };

	routing = dp_routing_create();
	params.routing = routing;
	if (routing == NULL || ctl_rib_create(&params, &rib) != 0)
		fail("no memory");
	tell_link(PORT_IFINDEX, "p0", true);
	tell_link(SPARE_IFINDEX, "p1", true);
	baseline_bytes = resident_bytes();
}

/* What link and sync left to do, in the pieces in which the loop would do it. */
static void work(const char *what, uint64_t since_ns)
{
	bool more = true;

	while (more) {
		uint64_t begun_ns = spent_ns(), took_ns;

		more = ctl_rib_work(rib, 64);
		took_ns = spent_ns() - begun_ns;
		longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
	}
	report(what, since_ns, n_routes);
}

static void all(const char *what, bool removed, bool replace, unsigned shift, bool dump)
{
	uint64_t since_ns = now_ns();

	for (unsigned i = 0; i < n_routes; i++)
		apply(&routes[i], removed, replace, shift, dump);
	report(what, since_ns, n_routes);
}

static void flap_tenth(void)
{
	uint64_t since_ns = now_ns();

	for (unsigned i = 0; i < n_routes; i += 10) {
		apply(&routes[i], true, false, 0, false);
		apply(&routes[i], false, false, 0, false);
	}
	report("a tenth deleted and added", since_ns, n_routes / 10 * 2);
}

static void wide_prefixes(void)
{
	char what[64];

	for (uint8_t depth = 1; depth <= 8; depth++) {
		struct route_mix route = { .prefix = 0x40000000U >> (depth > 1 ? 0 : 1),
					   .depth = depth };
		uint64_t since_ns = now_ns();

		route.prefix &= ~(UINT32_MAX >> depth);
		apply(&route, false, true, 0, false);
		apply(&route, true, false, 0, false);
		(void)snprintf(what, sizeof(what), "%u/%u added and deleted", route.prefix >> 24,
			       depth);
		report(what, since_ns, 2);
	}
}

int main(int argc, char **argv)
{
	uint64_t since_ns;

	if (argc > 1)
		n_routes = (unsigned)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		n_gateways = (unsigned)strtoul(argv[2], NULL, 10);
	routes = route_mix_create(n_routes, n_gateways, 1);
	if (routes == NULL)
		fail("no memory");
	begin();
	all("added in random order", false, false, 0, false);
	all("replaced", false, true, 1, false);
	all("replaced again", false, true, 0, false);
	flap_tenth();
	wide_prefixes();
	qsort(routes, n_routes, sizeof(*routes), route_mix_compare);
	ctl_rib_sync_begin(rib);
	all("dumped again", false, false, 0, true);
	since_ns = now_ns();
	tell_link(PORT_IFINDEX, "p0", false);
	work("link down", since_ns);
	tell_link(PORT_IFINDEX, "p0", true);
	all("added in order", false, false, 0, true);
	all("deleted", true, false, 0, false);
	ctl_rib_destroy(rib);
	dp_routing_destroy(routing);
	free(routes);
	return 0;
}
