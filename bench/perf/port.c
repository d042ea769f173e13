#include "bench/perf/port.h"

#include "bench/perf/netns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct port_kind {
	const char *prefix;
	int (*open)(struct perf_port *port, const char *text, const struct perf_port_env *env,
		    struct perf_error *error);
	bool dpdk;
};

static const struct port_kind kinds[] = {
	{ "memif:", perf_port_open_memif, true },    { "dpdk:", perf_port_open_dpdk, true },
	{ "packet:", perf_port_open_packet, false }, { "raw:", perf_port_open_packet, false },
	{ "udp:", perf_port_open_udp, false },
};

static const struct port_kind *find_kind(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
			return &kinds[i];
	return NULL;
}

bool perf_port_is_dpdk(const char *text)
{
	const struct port_kind *kind = find_kind(text);

	return kind && kind->dpdk;
}

int perf_port_open(struct perf_port **port, const char *text, const struct perf_port_env *env,
		   struct perf_error *error)
{
	const struct port_kind *kind = find_kind(text);
	struct perf_port *opened;
	int back, err;

	if (!kind)
		return perf_error_set(
			error, -EINVAL,
			"port '%s': expected memif:ROLE,PATH,ID, dpdk:DEVARGS, packet:IF, "
			"raw:IF or udp:ADDRESS:PORT",
			text);
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return perf_error_set(error, -ENOMEM, "port '%s': out of memory", text);
	(void)snprintf(opened->name, sizeof(opened->name), "%s", text);
	err = perf_netns_enter(env->netns, &back, error);
	if (err)
		goto fail;
	err = kind->open(opened, text + strlen(kind->prefix), env, error);
	perf_netns_leave(back);
	if (err)
		goto fail;
	*port = opened;
	return 0;
fail:
	free(opened);
	return err;
}

int perf_port_wait(struct perf_port *port, uint64_t wait_ns, struct perf_error *error)
{
	return port->ops->wait ? port->ops->wait(port, wait_ns, error) : 0;
}

void perf_port_close(struct perf_port *port)
{
	if (!port)
		return;
	port->ops->destroy(port);
	free(port);
}
