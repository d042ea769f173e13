#include "control/vf/ctl_vf_state.h"

#include <errno.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/sriov.h>

#define BIT(setting) (1U << (setting))

/* A socket for one request; the netdev by name, with what the kernel knows of it. */
static int pf_open(const char *pf, struct nl_sock **sock, struct rtnl_link **link)
{
	int err;

	*sock = nl_socket_alloc();
	if (*sock == NULL)
		return -ENOMEM;
	err = nl_connect(*sock, NETLINK_ROUTE);
	if (err == 0)
		err = rtnl_link_get_kernel(*sock, 0, pf, link);
	if (err == 0)
		return 0;
	nl_socket_free(*sock);
	return err == -NLE_OBJ_NOTFOUND || err == -NLE_NODEV ? -ENODEV : -EIO;
}

static void pf_close(struct nl_sock *sock, struct rtnl_link *link)
{
	rtnl_link_put(link);
	nl_socket_free(sock);
}

/* libnl has errors of its own; the few that tell something here. */
static int errno_of(int err)
{
	switch (err) {
	case 0:
		return 0;
	case -NLE_OPNOTSUPP:
		return -EOPNOTSUPP;
	case -NLE_NOMEM:
		return -ENOMEM;
	case -NLE_PERM:
		return -EPERM;
	case -NLE_INVAL:
	case -NLE_RANGE:
		return -EINVAL;
	case -NLE_NODEV:
	case -NLE_OBJ_NOTFOUND:
		return -ENODEV;
	case -NLE_BUSY:
		return -EBUSY;
	default:
		return -EIO;
	}
}

static void vlan_read(struct rtnl_link_vf *vf, struct ctl_vf_state *state)
{
	nl_vf_vlans_t *vlans = NULL;

	if (rtnl_link_vf_get_vlans(vf, &vlans) != 0)
		return;
	state->known |= BIT(CTL_VF_SET_VLAN);
	state->vlan = vlans->size != 0 ? (uint16_t)vlans->vlans[0].vf_vlan : 0;
	rtnl_link_vf_vlan_put(vlans);
}

static void state_read(struct rtnl_link_vf *vf, struct ctl_vf_state *state)
{
	struct nl_vf_rate rate = { 0 };
	struct nl_addr *mac = NULL;
	uint32_t value;

	if (rtnl_link_vf_get_addr(vf, &mac) == 0 && nl_addr_get_len(mac) == sizeof(state->mac)) {
		state->known |= BIT(CTL_VF_SET_MAC);
		memcpy(state->mac, nl_addr_get_binary_addr(mac), sizeof(state->mac));
	}
	vlan_read(vf, state);
	if (rtnl_link_vf_get_spoofchk(vf, &value) == 0) {
		state->known |= BIT(CTL_VF_SET_SPOOF_CHECK);
		state->spoof_check = value == 1;
	}
	if (rtnl_link_vf_get_trust(vf, &value) == 0) {
		state->known |= BIT(CTL_VF_SET_TRUST);
		state->trust = value == 1;
	}
	if (rtnl_link_vf_get_linkstate(vf, &value) == 0 && value <= CTL_VF_LINK_DOWN) {
		state->known |= BIT(CTL_VF_SET_LINK);
		state->link = (enum ctl_vf_link)value;
	}
	/* libnl says nothing of a rate of 0 */
	state->known |= BIT(CTL_VF_SET_RATE);
	if (rtnl_link_vf_get_rate(vf, &rate) == 0)
		state->rate_mbps = rate.api == RTNL_LINK_VF_RATE_API_OLD ? rate.rate
									 : rate.max_tx_rate;
}

int ctl_vf_state_get(const struct ctl_vf_name *name, struct ctl_vf_state *state)
{
	struct rtnl_link_vf *vf;
	struct rtnl_link *link;
	struct nl_sock *sock;
	int err = pf_open(name->pf, &sock, &link);

	*state = (struct ctl_vf_state){ 0 };
	if (err != 0)
		return err;
	vf = rtnl_link_vf_get(link, name->index);
	if (vf != NULL) {
		state_read(vf, state);
		rtnl_link_vf_put(vf);
	}
	pf_close(sock, link);
	return vf != NULL ? 0 : -ENODEV;
}

static int vlan_write(struct rtnl_link_vf *vf, uint16_t vlan)
{
	nl_vf_vlans_t *vlans = NULL;
	int err = rtnl_link_vf_vlan_alloc(&vlans, 1);

	if (err != 0)
		return err;
	vlans->vlans[0].vf_vlan = vlan;
	vlans->vlans[0].vf_vlan_proto = ETH_P_8021Q;
	rtnl_link_vf_set_vlans(vf, vlans);
	rtnl_link_vf_vlan_put(vlans);
	return 0;
}

static int mac_write(struct rtnl_link_vf *vf, const uint8_t mac[6])
{
	struct nl_addr *addr = nl_addr_build(AF_LLC, mac, 6);

	if (addr == NULL)
		return -NLE_NOMEM;
	rtnl_link_vf_set_addr(vf, addr);
	nl_addr_put(addr);
	return 0;
}

static int setting_write(struct rtnl_link_vf *vf, const struct ctl_vf_state *state,
			 enum ctl_vf_setting setting)
{
	struct nl_vf_rate rate = { .api = RTNL_LINK_VF_RATE_API_NEW,
				   .max_tx_rate = state->rate_mbps };

	switch (setting) {
	case CTL_VF_SET_MAC:
		return mac_write(vf, state->mac);
	case CTL_VF_SET_VLAN:
		return vlan_write(vf, state->vlan);
	case CTL_VF_SET_SPOOF_CHECK:
		rtnl_link_vf_set_spoofchk(vf, state->spoof_check);
		return 0;
	case CTL_VF_SET_TRUST:
		rtnl_link_vf_set_trust(vf, state->trust);
		return 0;
	case CTL_VF_SET_LINK:
		rtnl_link_vf_set_linkstate(vf, state->link);
		return 0;
	case CTL_VF_SET_RATE:
		rtnl_link_vf_set_rate(vf, &rate);
		return 0;
	case CTL_VF_SETTINGS:
		break;
	}
	return -NLE_INVAL;
}

/* One setting at a time: a driver that cannot do one may do the others. */
int ctl_vf_state_set(const struct ctl_vf_name *name, const struct ctl_vf_state *state,
		     enum ctl_vf_setting setting)
{
	struct rtnl_link *link, *change = rtnl_link_alloc();
	struct rtnl_link_vf *vf = rtnl_link_vf_alloc();
	struct nl_sock *sock;
	int err = -ENOMEM;

	if (change == NULL || vf == NULL)
		goto free;
	err = pf_open(name->pf, &sock, &link);
	if (err != 0)
		goto free;
	rtnl_link_set_ifindex(change, rtnl_link_get_ifindex(link));
	rtnl_link_vf_set_index(vf, name->index);
	err = errno_of(setting_write(vf, state, setting));
	if (err == 0)
		err = errno_of(rtnl_link_vf_add(change, vf));
	if (err == 0)
		err = errno_of(rtnl_link_change(sock, link, change, 0));
	pf_close(sock, link);
free:
	rtnl_link_vf_put(vf);
	rtnl_link_put(change);
	return err;
}

int ctl_pf_set(const char *pf, bool up, unsigned mtu)
{
	struct rtnl_link *link, *change = rtnl_link_alloc();
	struct nl_sock *sock;
	int err;

	if (change == NULL)
		return -ENOMEM;
	err = pf_open(pf, &sock, &link);
	if (err == 0) {
		rtnl_link_set_ifindex(change, rtnl_link_get_ifindex(link));
		if (mtu != 0)
			rtnl_link_set_mtu(change, mtu);
		else if (up)
			rtnl_link_set_flags(change, IFF_UP);
		else
			rtnl_link_unset_flags(change, IFF_UP);
		err = errno_of(rtnl_link_change(sock, link, change, 0));
		pf_close(sock, link);
	}
	rtnl_link_put(change);
	return err;
}
