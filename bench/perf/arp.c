#include "bench/perf/arp.h"

#include <string.h>

/* Offsets in the frame, RFC 826 for Ethernet and IPv4. */
#define OPERATION 20
#define SENDER_MAC 22
#define SENDER_IP 28
#define TARGET_MAC 32
#define TARGET_IP 38
#define ARP_END 42

/* Type ARP; hardware Ethernet, protocol IPv4, lengths 6 and 4. */
static const uint8_t signature[] = { 0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4 };

static void put_address(uint8_t *at, uint32_t address)
{
	int i;

	for (i = 0; i < 4; i++)
		at[i] = (uint8_t)(address >> (24 - 8 * i));
}

static bool is_arp(const uint8_t *frame, uint32_t bytes)
{
	return bytes >= ARP_END && memcmp(frame + 12, signature, sizeof(signature)) == 0;
}

void perf_arp_request(uint8_t frame[PERF_ARP_FRAME_BYTES], const uint8_t mac[6], uint32_t sender,
		      uint32_t target)
{
	memset(frame, 0, PERF_ARP_FRAME_BYTES);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, mac, 6);
	memcpy(frame + 12, signature, sizeof(signature));
	frame[OPERATION + 1] = 1;
	memcpy(frame + SENDER_MAC, mac, 6);
	put_address(frame + SENDER_IP, sender);
	put_address(frame + TARGET_IP, target);
}

bool perf_arp_answer(uint8_t *frame, uint32_t bytes, const uint8_t mac[6])
{
	static const uint8_t nobody[4];
	uint8_t target[4];

	if (!is_arp(frame, bytes) || frame[OPERATION] != 0 || frame[OPERATION + 1] != 1 ||
	    memcmp(frame + SENDER_IP, nobody, 4) == 0 ||
	    memcmp(frame + SENDER_IP, frame + TARGET_IP, 4) == 0)
		return false;
	memcpy(target, frame + TARGET_IP, 4);
	frame[OPERATION + 1] = 2;
	memcpy(frame, frame + SENDER_MAC, 6);
	memcpy(frame + 6, mac, 6);
	memcpy(frame + TARGET_MAC, frame + SENDER_MAC, 10);
	memcpy(frame + SENDER_MAC, mac, 6);
	memcpy(frame + SENDER_IP, target, 4);
	return true;
}

bool perf_arp_tells(const uint8_t *frame, uint32_t bytes, uint32_t address, uint8_t mac[6])
{
	uint8_t wanted[4];

	put_address(wanted, address);
	if (!is_arp(frame, bytes) || memcmp(frame + SENDER_IP, wanted, 4) != 0)
		return false;
	memcpy(mac, frame + SENDER_MAC, 6);
	return true;
}
