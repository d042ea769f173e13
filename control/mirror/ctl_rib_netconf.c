/*
 * The kernel's settings of links, as net.ipv4.conf has them.
 */

#include "control/mirror/ctl_rib_tables.h"

#define RP_FILTER_STRICT 1

/*
 * As fib_validate_source() has it: the larger of both settings counts, and without an address of
 * its own a link takes only sources behind it, even where any route would do elsewhere.
 */
static enum dp_rpf link_rpf(const struct ctl_rib *rib, const struct ctl_rib_link *link)
{
	uint32_t rp_filter = link->rp_filter > rib->all_rp_filter ? link->rp_filter
								  : rib->all_rp_filter;

	if (rp_filter == 0)
		return DP_RPF_OFF;
	return rp_filter == RP_FILTER_STRICT || link->n_addrs == 0 ? DP_RPF_STRICT : DP_RPF_LOOSE;
}

void ctl_rib_netconf_tell(const struct ctl_rib *rib, const struct ctl_rib_link *link)
{
	if (link->port != CTL_RIB_NO_PORT && rib->params.ops.port_rpf)
		rib->params.ops.port_rpf(rib->params.arg, (unsigned)link->port,
					 link_rpf(rib, link));
}

static void tell_all(const struct ctl_rib *rib)
{
	struct ctl_hash_node *node = NULL;

	while ((node = ctl_hash_next(&rib->links, node)))
		ctl_rib_netconf_tell(rib, CTL_CONTAINER(node, struct ctl_rib_link, node));
}

static void rp_filter_apply(struct ctl_rib *rib, struct ctl_rib_link *link,
			    const struct ctl_nl_netconf *msg)
{
	if (msg->ifindex == CTL_NL_NETCONF_ALL) {
		rib->all_rp_filter = msg->rp_filter;
		tell_all(rib);
	} else if (link) {
		link->rp_filter = msg->rp_filter;
		ctl_rib_netconf_tell(rib, link);
	}
}

static bool *linkdown_setting(struct ctl_rib *rib, struct ctl_rib_link *link,
			      const struct ctl_nl_netconf *msg)
{
	if (msg->family == AF_INET6)
		return link ? &link->ignores_linkdown6 : NULL;
	if (msg->ifindex == CTL_NL_NETCONF_ALL)
		return &rib->all_ignore_linkdown;
	return link ? &link->ignores_linkdown : NULL;
}

static void linkdown_apply(struct ctl_rib *rib, bool *setting, bool ignores)
{
	if (!setting || *setting == ignores)
		return;
	*setting = ignores;
	ctl_diffs_touch_all(&rib->diffs);
	ctl_rib_set_publish_all(rib);
	/* Paths that were told as dead may have been called so by the old setting. */
	rib->suspect = true;
	ctl_rib_work_little(rib);
}

int ctl_rib_apply_netconf(struct ctl_rib *rib, const struct ctl_nl_netconf *msg)
{
	struct ctl_rib_link *link = ctl_rib_link_find(rib, msg->ifindex);

	if (msg->has_rp_filter && msg->family == AF_INET)
		rp_filter_apply(rib, link, msg);
	if (msg->has_linkdown)
		linkdown_apply(rib, linkdown_setting(rib, link, msg), msg->ignores_linkdown);
	return 0;
}
