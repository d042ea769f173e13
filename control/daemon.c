#include "control/daemon.h"

#include "control/api.h"
#include "control/log.h"
#include "control/loop.h"
#include "control/mirror/ctl_carrier.h"
#include "control/notify.h"
#include "control/preflight.h"
#include "control/vf/ctl_vfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#define TICK_MS 10
#define LINKS_MS 1 /* a NIC that lost its carrier is found out within this */
#define SAMPLE_MS 1000
#define NS_PER_S 1000000000ULL

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void on_hup(void *arg)
{
	(void)arg;
	ctl_log(CTL_LOG_WARNING, "daemon",
		"SIGHUP is ignored: the configuration is read at start only; restart to change it");
}

static void ready_check(struct ctl_daemon *daemon)
{
	int err;

	if (daemon->ready)
		return;
	for (unsigned i = 0; i < daemon->vrs.n; i++)
		if (!ctl_vr_ready(daemon->vrs.items[i]))
			return;
	daemon->ready = true;
	ctl_log(CTL_LOG_INFO, "daemon", "ready; routers: %u", daemon->vrs.n);
	err = ctl_notify("READY=1");
	if (err != 0)
		ctl_log(CTL_LOG_WARNING, "daemon", "the service manager could not be told: %s",
			strerror(-err));
}

static void on_tick(void *arg)
{
	struct ctl_daemon *daemon = arg;

	dp_reclaim();
	for (unsigned i = 0; i < daemon->vrs.n; i++)
		ctl_vr_poll(daemon->vrs.items[i]);
	ready_check(daemon);
}

static void on_links(void *arg)
{
	const struct ctl_daemon *daemon = arg;

	for (unsigned i = 0; i < daemon->vrs.n; i++)
		ctl_vr_poll_links(daemon->vrs.items[i]);
}

static void on_sample(void *arg)
{
	struct ctl_daemon *daemon = arg;
	uint64_t now_ns = monotonic_ns();

	for (unsigned i = 0; i < daemon->vrs.n; i++) {
		ctl_vr_sample(daemon->vrs.items[i], now_ns);
		ctl_vr_check_netns(daemon->vrs.items[i]);
		ctl_vr_retry_devices(daemon->vrs.items[i], daemon->vfs);
		dp_ports_follow_groups(daemon->vrs.items[i]->dp);
	}
}

static void on_device(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_daemon *daemon = arg;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < daemon->vrs.n; i++)
		ctl_vr_poll(daemon->vrs.items[i]);
}

static int device_watch(struct ctl_daemon *daemon, struct dp_why *why)
{
	daemon->device_event = event_new(ctl_loop_base(daemon->loop), dp_event_fd(),
					 EV_READ | EV_PERSIST, on_device, daemon);
	if (daemon->device_event != NULL && event_add(daemon->device_event, NULL) == 0)
		return 0;
	(void)snprintf(why->text, sizeof(why->text), "no memory to watch devices");
	return -ENOMEM;
}

static int timers_add(struct ctl_daemon *daemon, struct dp_why *why)
{
	int err = ctl_loop_timer_add(daemon->loop, TICK_MS, on_tick, daemon);

	if (err == 0)
		err = ctl_loop_timer_add(daemon->loop, LINKS_MS, on_links, daemon);
	if (err == 0)
		err = ctl_loop_timer_add(daemon->loop, SAMPLE_MS, on_sample, daemon);
	if (err != 0)
		(void)snprintf(why->text, sizeof(why->text), "timers cannot be set: %s",
			       strerror(-err));
	return err;
}

static int loop_start(struct ctl_daemon *daemon, struct dp_why *why)
{
	daemon->loop = ctl_loop_create(on_hup, NULL);
	if (daemon->loop != NULL)
		return 0;
	(void)snprintf(why->text, sizeof(why->text), "the event loop cannot be made");
	return -ENOMEM;
}

static int server_start(struct ctl_daemon *daemon, struct dp_why *why)
{
	struct ctl_api_server_params params = {
		.base = ctl_loop_base(daemon->loop),
		.path = daemon->conf->control.socket,
		.methods = ctl_api_show_methods,
		.arg = &daemon->view,
		.clients_max = CTL_API_CLIENTS_MAX,
		.idle_s = CTL_API_IDLE_S,
	};

	daemon->view = (struct ctl_api_view){ daemon->conf, &daemon->vrs };
	return ctl_api_server_create(&params, &daemon->server, why);
}

static int dp_start(const struct ctl_conf *conf, struct dp_why *why)
{
	const char *pci[DP_ROUTERS_MAX * DP_ROUTER_PORTS_MAX];
	char name[32];
	struct dp_params params = {
		.control_core = conf->control.core,
		.name = name,
		.pci_allow = pci,
	};

	(void)snprintf(name, sizeof(name), "sluice%d", (int)getpid());
	for (unsigned i = 0; i < conf->n_routers; i++) {
		const struct dp_router_config *config = &conf->routers[i].config;

		params.pool_bytes += dp_router_memory_bytes(config);
		for (unsigned j = 0; j < config->n_ports; j++)
			if (config->ports[j].pci_address[0] != '\0')
				pci[params.n_pci_allow++] = config->ports[j].pci_address;
	}
	params.needs_pci = params.n_pci_allow != 0;
	return dp_init(&params, why);
}

static void routers_stop(struct ctl_daemon *daemon)
{
	while (daemon->vrs.n > 0)
		ctl_vr_destroy(daemon->vrs.items[--daemon->vrs.n]);
}

static int cores_start(const struct ctl_conf *conf, struct dp_why *why)
{
	for (unsigned i = 0; i < conf->n_cores; i++) {
		int err = dp_core_configure(&conf->cores[i].config, why);

		if (err != 0)
			return err;
	}
	return 0;
}

static int routers_start(struct ctl_daemon *daemon, struct dp_why *why)
{
	for (unsigned i = 0; i < daemon->conf->n_routers; i++) {
		int err = ctl_vr_create(&daemon->conf->routers[i], ctl_loop_base(daemon->loop),
					daemon->carrier, &daemon->vrs.items[i], why);

		if (err != 0) {
			routers_stop(daemon);
			return err;
		}
		daemon->vrs.n++;
	}
	return 0;
}

int ctl_daemon_start(struct ctl_daemon *daemon, struct ctl_conf *conf, struct dp_why *why)
{
	int err;

	*daemon = (struct ctl_daemon){ .conf = conf };
	err = ctl_preflight(why);
	if (err != 0)
		return err;
	err = loop_start(daemon, why);
	if (err != 0)
		return err;
	/* The socket comes before anything else is touched: it shows that no other daemon runs. */
	err = server_start(daemon, why);
	if (err != 0)
		goto loop;
	err = ctl_vfs_open(conf, &daemon->vfs, why);
	if (err != 0)
		goto server;
	err = dp_start(conf, why);
	if (err != 0)
		goto vfs;
	err = ctl_carrier_create(ctl_loop_base(daemon->loop), &daemon->carrier, why);
	if (err != 0)
		goto dp;
	err = cores_start(conf, why);
	if (err == 0)
		err = routers_start(daemon, why);
	if (err != 0)
		goto carrier;
	err = device_watch(daemon, why);
	if (err == 0)
		err = timers_add(daemon, why);
	if (err != 0)
		goto event;
	/* said last: a start that fails says one sentence */
	if (!dp_has_hugepages())
		ctl_log(CTL_LOG_WARNING, "daemon",
			"no hugepages: packet memory is in ordinary pages");
	return 0;
event:
	if (daemon->device_event != NULL)
		event_free(daemon->device_event);
	routers_stop(daemon);
carrier:
	ctl_carrier_destroy(daemon->carrier);
dp:
	dp_fini();
vfs:
	ctl_vfs_close(daemon->vfs);
server:
	ctl_api_server_destroy(daemon->server);
loop:
	ctl_loop_destroy(daemon->loop);
	return err;
}

int ctl_daemon_run(struct ctl_daemon *daemon)
{
	return ctl_loop_run(daemon->loop);
}

void ctl_daemon_stop(struct ctl_daemon *daemon)
{
	(void)ctl_notify("STOPPING=1");
	ctl_api_server_destroy(daemon->server);
	event_free(daemon->device_event);
	routers_stop(daemon);
	ctl_carrier_destroy(daemon->carrier);
	dp_fini();
	ctl_vfs_close(daemon->vfs);
	ctl_loop_destroy(daemon->loop);
}
