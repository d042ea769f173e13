#include "dataplane/hostpath.h"

#include "dataplane/dp_publish.h"
#include "dataplane/pkt_meta.h"
#include "dataplane/why.h"
#include "dataplane/worker.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <rte_lcore.h>

#define EVENTS_MAX 64
/* Frames of one twin, and packets of one ring, before the others have their turn. */
#define BUDGET_PKTS 64U
/*
 * Workers make no system calls, so nobody can wake this thread for what they punt: it looks at the
 * rings this often while they carry something, and less often when they have been empty for a
 * while.
 */
#define POLL_BUSY_NS 20000L
#define POLL_IDLE_NS 200000L
#define IDLE_AFTER_TURNS 500U
#define HOSTPATH_NICE (-20)

/* Writer: control. Reader: host-path thread, acquire. */
static struct dp_router *routers[DP_ROUTERS_MAX];
static bool stop;

/* Control only. */
static pthread_t thread;
static int epoll_fd = -1;

static uint64_t event_key(const struct dp_router *router, unsigned port)
{
	return (uint64_t)router->slot << 16 | port;
}

/* A frame that the twin's kernel side refuses (twin down, memory) is lost and counted. */
static void punt_write(struct dp_router *router, struct rte_mbuf *pkt)
{
	struct port *port = &router->ports[pkt_port(pkt)];

	if (write(port->twin.fd, rte_pktmbuf_mtod(pkt, void *), pkt->data_len) ==
	    (ssize_t)pkt->data_len)
		port->host.twin_tx_pkts++;
	else
		port->host.twin_drop_pkts++;
	rte_pktmbuf_free(pkt);
}

static unsigned ring_drain(struct dp_router *router, struct rte_ring *ring)
{
	struct rte_mbuf *pkts[BUDGET_PKTS];
	unsigned i, n = rte_ring_sc_dequeue_burst(ring, (void **)pkts, BUDGET_PKTS, NULL);

	for (i = 0; i < n; i++)
		punt_write(router, pkts[i]);
	return n;
}

/* Control traffic of all routers first, then one budget of the rest. */
static unsigned rings_drain(void)
{
	unsigned handled = 0, i;

	for (i = 0; i < DP_ROUTERS_MAX; i++) {
		struct dp_router *router = __atomic_load_n(&routers[i], __ATOMIC_ACQUIRE);

		if (router != NULL)
			handled += ring_drain(router, router->punt_control);
	}
	for (i = 0; i < DP_ROUTERS_MAX; i++) {
		struct dp_router *router = __atomic_load_n(&routers[i], __ATOMIC_ACQUIRE);

		if (router != NULL)
			handled += ring_drain(router, router->punt_other);
	}
	return handled;
}

/* @return whether there may be more */
static bool twin_read(struct dp_router *router, struct port *port)
{
	struct rte_mbuf *pkt = rte_pktmbuf_alloc(router->pool);
	char discarded[64];
	ssize_t len;

	if (pkt == NULL) {
		/* the frame has to leave the twin, or this thread would spin on it */
		if (read(port->twin.fd, discarded, sizeof(discarded)) <= 0)
			return false;
		port->host.twin_drop_pkts++;
		return true;
	}
	len = read(port->twin.fd, rte_pktmbuf_mtod(pkt, void *), rte_pktmbuf_tailroom(pkt));
	if (len <= 0) {
		rte_pktmbuf_free(pkt);
		return false;
	}
	port->host.twin_rx_pkts++;
	pkt->data_len = (uint16_t)len;
	pkt->pkt_len = (uint32_t)len;
	pkt_port_set(pkt, port->index);
	pkt_rx_tsc_set(pkt, PKT_RX_TSC_NONE);
	if (rte_ring_sp_enqueue(router->inject, pkt) != 0) {
		port->host.twin_drop_pkts++;
		rte_pktmbuf_free(pkt);
	}
	return true;
}

static void twin_drain(uint64_t key)
{
	struct dp_router *router = __atomic_load_n(&routers[key >> 16], __ATOMIC_ACQUIRE);
	unsigned i;

	if (router == NULL)
		return;
	for (i = 0; i < BUDGET_PKTS; i++) {
		if (!twin_read(router, &router->ports[key & 0xffff]))
			return;
	}
}

static void *hostpath_run(void *arg)
{
	struct epoll_event events[EVENTS_MAX];
	unsigned idle_turns = 0;

	(void)arg;
	/* BFD's and OSPF's packets pass here: they wait for no other program on the control core */
	setpriority(PRIO_PROCESS, (id_t)gettid(), HOSTPATH_NICE);
	/* default slack of 50 us would be longer than the poll itself */
	prctl(PR_SET_TIMERSLACK, 1000UL);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct timespec wait = { .tv_nsec = idle_turns < IDLE_AFTER_TURNS ? POLL_BUSY_NS
										  : POLL_IDLE_NS };
		int n, i;

		n = epoll_pwait2(epoll_fd, events, EVENTS_MAX, &wait, NULL);
		dp_publish_online(WORKER_READER_HOSTPATH);
		for (i = 0; i < n; i++)
			twin_drain(events[i].data.u64);
		if (rings_drain() + (unsigned)(n > 0 ? n : 0) != 0)
			idle_turns = 0;
		else if (idle_turns < IDLE_AFTER_TURNS)
			idle_turns++;
		dp_publish_offline(WORKER_READER_HOSTPATH);
	}
	return NULL;
}

int hostpath_start(unsigned core, struct dp_why *why)
{
	cpu_set_t cpus;
	int err;

	CPU_ZERO(&cpus);
	CPU_SET(core, &cpus);
	stop = false;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0) {
		err = -errno;
		goto fail;
	}
	err = dp_publish_register(WORKER_READER_HOSTPATH);
	if (err != 0)
		goto close_epoll;
	err = rte_ctrl_thread_create(&thread, "sluice-host", NULL, hostpath_run, NULL);
	if (err != 0)
		goto unregister;
	err = -pthread_setaffinity_np(thread, sizeof(cpus), &cpus);
	if (err == 0)
		return 0;
	hostpath_stop();
	goto fail;

unregister:
	dp_publish_unregister(WORKER_READER_HOSTPATH);
close_epoll:
	close(epoll_fd);
	epoll_fd = -1;
fail:
	why_set(why, "host-path thread on core %u does not start: %s", core, strerror(-err));
	return err;
}

void hostpath_stop(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	dp_publish_unregister(WORKER_READER_HOSTPATH);
	close(epoll_fd);
	epoll_fd = -1;
}

int hostpath_router_add(struct dp_router *router, struct dp_why *why)
{
	unsigned i;

	for (i = 0; i < router->n_ports; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u64 = event_key(router, i) };

		if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, router->ports[i].twin.fd, &event) != 0) {
			int err = -errno;

			why_set(why, "twin of port %s cannot be watched: %s",
				router->config.ports[i].name, strerror(-err));
			while (i-- > 0)
				epoll_ctl(epoll_fd, EPOLL_CTL_DEL, router->ports[i].twin.fd, NULL);
			return err;
		}
	}
	__atomic_store_n(&routers[router->slot], router, __ATOMIC_RELEASE);
	return 0;
}

void hostpath_router_remove(struct dp_router *router)
{
	unsigned i;

	for (i = 0; i < router->n_ports; i++)
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, router->ports[i].twin.fd, NULL);
	__atomic_store_n(&routers[router->slot], NULL, __ATOMIC_RELEASE);
}
