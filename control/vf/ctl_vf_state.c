#include "control/vf/ctl_vf_state.h"

#include <stdio.h>
#include <string.h>

#define BIT(setting) (1U << (setting))
#define MBPS 1000000ULL
/*
 * A shaper's profile in bytes of IP packet leaves more bytes on the wire, at most by this factor: a
 * frame of 64 bytes takes 84 there and holds an IP packet of 20 at least.
 */
#define WIRE_FACTOR_L3 5ULL
#define WIRE_FACTOR 2ULL

uint32_t ctl_vf_state_compare(const struct ctl_vf_state *a, const struct ctl_vf_state *b)
{
	uint32_t differ = 0;

	if (memcmp(a->mac, b->mac, sizeof(a->mac)) != 0)
		differ |= BIT(CTL_VF_SET_MAC);
	if (a->vlan != b->vlan)
		differ |= BIT(CTL_VF_SET_VLAN);
	if (a->spoof_check != b->spoof_check)
		differ |= BIT(CTL_VF_SET_SPOOF_CHECK);
	if (a->trust != b->trust)
		differ |= BIT(CTL_VF_SET_TRUST);
	if (a->link != b->link)
		differ |= BIT(CTL_VF_SET_LINK);
	if (a->rate_mbps != b->rate_mbps)
		differ |= BIT(CTL_VF_SET_RATE);
	return differ & a->known & b->known;
}

void ctl_vf_state_text(const struct ctl_vf_state *state, enum ctl_vf_setting setting, char *text,
		       size_t size)
{
	static const char *const links[] = {
		[CTL_VF_LINK_AUTO] = "auto",
		[CTL_VF_LINK_UP] = "enable",
		[CTL_VF_LINK_DOWN] = "disable",
	};
	const uint8_t *mac = state->mac;

	switch (setting) {
	case CTL_VF_SET_MAC:
		(void)snprintf(text, size, "mac %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
			       mac[2], mac[3], mac[4], mac[5]);
		break;
	case CTL_VF_SET_VLAN:
		(void)snprintf(text, size, "vlan %u", state->vlan);
		break;
	case CTL_VF_SET_SPOOF_CHECK:
		(void)snprintf(text, size, "spoofchk %s", state->spoof_check ? "on" : "off");
		break;
	case CTL_VF_SET_TRUST:
		(void)snprintf(text, size, "trust %s", state->trust ? "on" : "off");
		break;
	case CTL_VF_SET_LINK:
		(void)snprintf(text, size, "state %s", links[state->link]);
		break;
	case CTL_VF_SET_RATE:
		(void)snprintf(text, size, "max_tx_rate %u", state->rate_mbps);
		break;
	case CTL_VF_SETTINGS:
		text[0] = '\0';
		break;
	}
}

/* The same on every start: FNV-1a of the names, as a locally administered address. */
static void mac_derive(const char *router, const char *port, uint8_t mac[6])
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (const char *c = router; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * 0x100000001b3ULL;
	for (const char *c = port; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * 0x100000001b3ULL;
	memcpy(mac, &hash, 6);
	mac[0] = (uint8_t)((mac[0] & 0xfcU) | 0x02U);
}

/* Second fence: more than conforming traffic takes in whatever layer the hardware counts. */
static uint32_t fence_mbps(const struct dp_port_config *port)
{
	uint64_t factor = port->shape.layer == RATE_LAYER_L3 ? WIRE_FACTOR_L3 : WIRE_FACTOR;

	if (!port->has_shape || port->shape.unit != RATE_BITS_PER_S)
		return 0;
	return (uint32_t)((port->shape.rate * factor + MBPS - 1) / MBPS);
}

static void defaults_set(const struct ctl_conf_router *router, const struct dp_port_config *port,
			 struct ctl_vf_state *state)
{
	state->known = BIT(CTL_VF_SETTINGS) - 1;
	mac_derive(router->config.name, port->name, state->mac);
	state->spoof_check = true;
	state->trust = true;
	state->link = CTL_VF_LINK_AUTO;
	state->rate_mbps = fence_mbps(port);
}

void ctl_vf_state_wanted(const struct ctl_conf_router *router, unsigned port,
			 struct ctl_vf_state *state)
{
	const struct dp_port_config *config = &router->config.ports[port];
	const struct ctl_conf_vf *vf = &router->ports[port].vf;

	*state = (struct ctl_vf_state){ 0 };
	if (router->provision)
		defaults_set(router, config, state);
	if (config->vlan != 0)
		state->known |= BIT(CTL_VF_SET_VLAN);
	state->vlan = config->vlan;
	if (vf->at[CTL_VF_MAC].line != 0) {
		state->known |= BIT(CTL_VF_SET_MAC);
		memcpy(state->mac, vf->mac, sizeof(state->mac));
	}
	if (vf->at[CTL_VF_SPOOF_CHECK].line != 0) {
		state->known |= BIT(CTL_VF_SET_SPOOF_CHECK);
		state->spoof_check = vf->spoof_check;
	}
	if (vf->at[CTL_VF_TRUST].line != 0) {
		state->known |= BIT(CTL_VF_SET_TRUST);
		state->trust = vf->trust;
	}
	if (vf->at[CTL_VF_LINK].line != 0) {
		state->known |= BIT(CTL_VF_SET_LINK);
		state->link = vf->link;
	}
	if (vf->at[CTL_VF_RATE].line != 0) {
		state->known |= BIT(CTL_VF_SET_RATE);
		state->rate_mbps = vf->rate_mbps;
	}
}
