/*
 * The look at packets beyond an SLA: never misses one that punt_is_control() knows, wherever in a
 * burst it is, and takes nothing for one that tenants commonly send.
 */

#include "dataplane/control_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ip.h>

#include <cmocka.h>

#define BURST 32U
#define FRAME_BYTES 80U
#define RANDOM_BURSTS 20000U

/* A packet that no pool has. */
struct packet {
	struct rte_mbuf pkt;
	uint8_t buffer[128];
};

static struct packet packets[BURST];
static struct rte_mbuf *burst[BURST];
static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((random_state >> 33) % bound);
}

/* One of those that mean something, or any. */
static uint32_t random_of(const uint16_t *values, uint32_t n, uint32_t bound)
{
	uint32_t i = random_below(n * 2);

	return i < n ? values[i] : random_below(bound);
}

static uint8_t *frame_of(unsigned i)
{
	return rte_pktmbuf_mtod(burst[i], uint8_t *);
}

static void be16_set(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* UDP in plain IPv4; bytes that decide nothing are random. */
static void tenant_make(unsigned i, uint8_t proto, uint16_t src_port, uint16_t dst_port)
{
	uint8_t *frame;

	burst[i] = &packets[i].pkt;
	burst[i]->buf_addr = packets[i].buffer;
	burst[i]->data_off = (uint16_t)(2 * random_below(8)); /* devices align to two at least */
	burst[i]->data_len = FRAME_BYTES;
	burst[i]->pkt_len = FRAME_BYTES;
	for (unsigned j = 0; j < sizeof(packets[i].buffer); j++)
		packets[i].buffer[j] = (uint8_t)random_below(256);
	frame = frame_of(i);
	be16_set(frame + 12, RTE_ETHER_TYPE_IPV4);
	frame[14] = 0x45;
	be16_set(frame + 20, 0);
	frame[23] = proto;
	be16_set(frame + 34, src_port);
	be16_set(frame + 36, dst_port);
}

/* The same in IPv6. */
static void tenant_make_ipv6(unsigned i, uint8_t proto, uint16_t src_port, uint16_t dst_port)
{
	uint8_t *frame;

	tenant_make(i, proto, src_port, dst_port);
	frame = frame_of(i);
	be16_set(frame + 12, RTE_ETHER_TYPE_IPV6);
	frame[14] = 0x60;
	frame[20] = proto;
	be16_set(frame + 54, src_port);
	be16_set(frame + 56, dst_port);
}

static bool looks_like_control(unsigned n)
{
	struct control_look look = control_look_none();

	for (unsigned i = 0; i < n; i++)
		control_look_add(&look, burst[i]);
	return control_look_found(&look);
}

static void tenants_make(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		tenant_make(i, random_below(2) ? IPPROTO_UDP : IPPROTO_TCP,
			    (uint16_t)(5000 + random_below(1000)), 443);
}

static void what_tenants_send_is_none(void **state)
{
	static const uint8_t protos[] = { IPPROTO_UDP, IPPROTO_TCP };
	static const uint16_t others[] = { 53, 80, 178, 180, 443, 3783, 3786, 4783, 4785, 45824 };

	(void)state;
	for (unsigned n = 1; n <= BURST; n++) {
		tenants_make(n);
		assert_false(looks_like_control(n));
	}
	for (unsigned i = 0; i < RTE_DIM(protos) * RTE_DIM(others); i++) {
		uint8_t proto = protos[i % RTE_DIM(protos)];
		uint16_t port = others[i / RTE_DIM(protos)];

		tenant_make(0, proto, 5000, port);
		assert_false(looks_like_control(1));
		assert_false(control_look_pkt(burst[0]));
		tenant_make(0, proto, port, 5000);
		assert_false(looks_like_control(1));
		tenant_make_ipv6(0, proto, 5000, port);
		assert_false(control_look_pkt(burst[0]));
	}
	/* nor are tunnels and echoes, as far as a burst goes */
	for (unsigned proto = 0; proto < 256; proto++) {
		tenant_make(0, (uint8_t)proto, 5000, 5000);
		assert_int_equal(looks_like_control(1), proto == PUNT_PROTO_OSPF);
	}
}

/* What each of them is, put in place of a tenant's packet. */
static void kind_make(unsigned i, unsigned kind)
{
	static const uint16_t bfd_ports[] = { PUNT_PORT_BFD_CONTROL, PUNT_PORT_BFD_ECHO,
					      PUNT_PORT_BFD_MULTIHOP };

	if (kind < 3)
		tenant_make(i, IPPROTO_UDP, 49152, bfd_ports[kind]);
	else if (kind == 3)
		tenant_make(i, IPPROTO_TCP, 50000, PUNT_PORT_BGP);
	else if (kind == 4)
		tenant_make(i, IPPROTO_TCP, PUNT_PORT_BGP, 50000);
	else if (kind == 5)
		tenant_make(i, PUNT_PROTO_OSPF, 0x0201, 0);
	else if (kind < 9)
		tenant_make_ipv6(i, IPPROTO_UDP, 49152, bfd_ports[kind - 6]);
	else if (kind == 9)
		tenant_make_ipv6(i, IPPROTO_TCP, PUNT_PORT_BGP, 50000);
	else if (kind == 10)
		tenant_make_ipv6(i, PUNT_PROTO_OSPF, 0x0301, 0);
	else {
		/* a neighbour solicitation, then ARP */
		tenant_make_ipv6(i, IPPROTO_ICMPV6, 135 << 8, 0);
		frame_of(i)[21] = 255;
		if (kind == 12)
			be16_set(frame_of(i) + 12, RTE_ETHER_TYPE_ARP);
	}
}

#define KINDS 13U

static void each_kind_is_seen_at_every_place(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < KINDS; kind++) {
		for (unsigned n = 1; n <= BURST; n++) {
			for (unsigned at = 0; at < n; at++) {
				tenants_make(n);
				kind_make(at, kind);
				assert_true(punt_is_control(burst[at]));
				assert_true(control_look_pkt(burst[at]));
				assert_true(looks_like_control(n));
			}
		}
	}
}

/* Fields out of those that mean something and those that do not, against the answer proper. */
static void none_is_missed(void **state)
{
	static const uint16_t ether_types[] = { RTE_ETHER_TYPE_IPV4, RTE_ETHER_TYPE_IPV4,
						RTE_ETHER_TYPE_IPV6, RTE_ETHER_TYPE_ARP };
	static const uint16_t versions[] = { 0x45, 0x45, 0x45, 0x46, 0x4f, 0x60 };
	static const uint16_t protos[] = { IPPROTO_TCP, IPPROTO_UDP, PUNT_PROTO_OSPF,
					   IPPROTO_ICMPV6 };
	static const uint16_t ports[] = { 179, 3784, 3785, 4784 };
	unsigned n_control = 0;

	(void)state;
	for (unsigned i = 0; i < RANDOM_BURSTS; i++) {
		unsigned n = 1 + random_below(BURST), at = random_below(n);
		uint8_t *frame;

		tenants_make(n);
		burst[at]->data_len = (uint16_t)(14 + random_below(FRAME_BYTES - 13));
		frame = frame_of(at);
		be16_set(frame + 12, random_of(ether_types, RTE_DIM(ether_types), 65536));
		frame[14] = (uint8_t)random_of(versions, RTE_DIM(versions), 256);
		be16_set(frame + 20, random_below(3) == 0 ? random_below(65536) : 0);
		for (unsigned j = 20; j <= 23; j += 3)
			frame[j] = (uint8_t)random_of(protos, RTE_DIM(protos), 256);
		for (unsigned j = 34; j <= 56; j += 2)
			be16_set(frame + j, random_of(ports, RTE_DIM(ports), 65536));
		if (!punt_is_control(burst[at]))
			continue;
		n_control++;
		assert_true(looks_like_control(n));
		assert_true(control_look_pkt(burst[at]));
	}
	assert_true(n_control > RANDOM_BURSTS / 20);
}

static int seed(void **state)
{
	(void)state;
	random_state = 1;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_tenants_send_is_none, seed),
		cmocka_unit_test_setup(each_kind_is_seen_at_every_place, seed),
		cmocka_unit_test_setup(none_is_missed, seed),
	};

	return cmocka_run_group_tests_name("control_look", tests, NULL, NULL);
}
