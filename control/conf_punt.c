#include "control/conf_value.h"

/* Bursts stay as they are: what they are for does not depend on the rate. */
static bool pps_set(struct ctl_loader *loader, const config_setting_t *setting, uint64_t *pps,
		    enum dp_punt punt_class)
{
	if (ctl_value_pps(setting, &pps[punt_class]))
		return true;
	ctl_value_error(loader, setting, "is no limit of packets for the kernel",
			"write \"1pps\" to \"1Gpps\", such as \"500pps\"");
	return false;
}

static bool control_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return pps_set(loader, setting, object, DP_PUNT_CONTROL);
}

static bool arp_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return pps_set(loader, setting, object, DP_PUNT_ARP);
}

static bool arp_stranger_set(struct ctl_loader *loader, const config_setting_t *setting,
			     void *object)
{
	return pps_set(loader, setting, object, DP_PUNT_ARP_STRANGER);
}

static bool nd_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return pps_set(loader, setting, object, DP_PUNT_ND);
}

static bool icmp_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return pps_set(loader, setting, object, DP_PUNT_ICMP);
}

static bool local_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return pps_set(loader, setting, object, DP_PUNT_LOCAL);
}

static bool neighbour_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return pps_set(loader, setting, object, DP_PUNT_NEIGHBOUR);
}

static bool neighbour6_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return pps_set(loader, setting, object, DP_PUNT_NEIGHBOUR6);
}

static bool exception_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return pps_set(loader, setting, object, DP_PUNT_EXCEPTION);
}

static bool exception6_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	return pps_set(loader, setting, object, DP_PUNT_EXCEPTION6);
}

static const struct ctl_key punt_keys[DP_PUNT_COUNT] = {
	[DP_PUNT_CONTROL] = { "control", CTL_KEY_STRING, false, "control = \"100pps\";",
			      control_set },
	[DP_PUNT_ARP] = { "arp", CTL_KEY_STRING, false, "arp = \"100pps\";", arp_set },
	[DP_PUNT_ARP_STRANGER] = { "arp_stranger", CTL_KEY_STRING, false,
				   "arp_stranger = \"100pps\";", arp_stranger_set },
	[DP_PUNT_ND] = { "nd", CTL_KEY_STRING, false, "nd = \"100pps\";", nd_set },
	[DP_PUNT_ICMP] = { "icmp", CTL_KEY_STRING, false, "icmp = \"100pps\";", icmp_set },
	[DP_PUNT_LOCAL] = { "local", CTL_KEY_STRING, false, "local = \"100pps\";", local_set },
	[DP_PUNT_NEIGHBOUR] = { "neighbour", CTL_KEY_STRING, false, "neighbour = \"100pps\";",
				neighbour_set },
	[DP_PUNT_NEIGHBOUR6] = { "neighbour6", CTL_KEY_STRING, false, "neighbour6 = \"100pps\";",
				 neighbour6_set },
	[DP_PUNT_EXCEPTION] = { "exception", CTL_KEY_STRING, false, "exception = \"100pps\";",
				exception_set },
	[DP_PUNT_EXCEPTION6] = { "exception6", CTL_KEY_STRING, false, "exception6 = \"100pps\";",
				 exception6_set },
};
static const struct ctl_group punt_group = { "punt", punt_keys, DP_PUNT_COUNT };

void ctl_conf_punt_load(struct ctl_loader *loader, const config_setting_t *setting,
			uint64_t pps[DP_PUNT_COUNT])
{
	struct ctl_src at[DP_PUNT_COUNT] = { 0 };

	ctl_loader_group(loader, &punt_group, setting, pps, at);
}
