# Two headends behind nginx on Scaleway, with a PostgreSQL and a share: an example to be read and changed (OpenTofu,
# Terraform). No secret stands here: the database's password is set by hand, and laid into /etc/pingplay-headend/pgpass.
terraform {
  required_providers {
    scaleway = { source = "scaleway/scaleway", version = "~> 2.50" }
  }
}

provider "scaleway" {}

variable "host" { type = string }               # screens.example.org: the name that screens know
variable "package_repository" { type = string } # of apt, with pingplay-headend
variable "package_key" { type = string }        # that signs it, its public half

resource "scaleway_vpc" "signs" {
  name = "pingplay"
}

resource "scaleway_vpc_private_network" "signs" {
  name   = "pingplay"
  vpc_id = scaleway_vpc.signs.id
  ipv4_subnet {
    subnet = "10.20.0.0/24"
  }
}

# Users of it are made by hand: their passwords stand in no state.
resource "scaleway_rdb_instance" "signs" {
  name               = "pingplay"
  node_type          = "DB-POP2-2C-8G"
  engine             = "PostgreSQL-16"
  is_ha_cluster      = true
  encryption_at_rest = true
  private_network {
    pn_id       = scaleway_vpc_private_network.signs.id
    enable_ipam = true
  }
}

resource "scaleway_rdb_database" "signs" {
  instance_id = scaleway_rdb_instance.signs.id
  name        = "pingplay"
}

# What the headends share: keys, authority, repository. Whether its locks (flock) hold between machines is to be seen
# before it is relied on.
resource "scaleway_file_filesystem" "share" {
  name       = "pingplay"
  size_in_gb = 100
}

# Machines without an address of their own fetch their packages through it.
resource "scaleway_vpc_public_gateway" "out" {
  name = "pingplay"
  type = "VPC-GW-S"
}

resource "scaleway_vpc_gateway_network" "out" {
  gateway_id         = scaleway_vpc_public_gateway.out.id
  private_network_id = scaleway_vpc_private_network.signs.id
  enable_masquerade  = true
  ipam_config {
    push_default_route = true
  }
}

locals {
  machines = {
    proxy  = { address = "10.20.0.10/24", public = true }
    first  = { address = "10.20.0.11/24", public = false }
    second = { address = "10.20.0.12/24", public = false }
  }
  headend = templatefile("${path.module}/../cloud-init/headend.yaml", {
    package_repository = var.package_repository
    package_key        = indent(8, var.package_key)
    share_type         = "virtiofs"
    share_options      = "nosuid,nodev,noexec"
    share              = split("/", scaleway_file_filesystem.share.id)[1] # behind its region
    host               = var.host
    database           = "pingplay@${scaleway_rdb_instance.signs.private_network[0].hostname}/pingplay"
  })
  proxy = templatefile("${path.module}/../cloud-init/proxy.yaml", {
    passthrough = indent(6, replace(file("${path.module}/../nginx/passthrough.conf"), "screens.example.org", var.host))
  })
}

resource "scaleway_ipam_ip" "machine" {
  for_each = local.machines
  address  = split("/", each.value.address)[0]
  source {
    private_network_id = scaleway_vpc_private_network.signs.id
  }
}

resource "scaleway_instance_ip" "proxy" {}

# From outside: screens and people, at nginx alone.
resource "scaleway_instance_security_group" "proxy" {
  name                    = "pingplay-proxy"
  inbound_default_policy  = "drop"
  outbound_default_policy = "accept"
  inbound_rule {
    action   = "accept"
    port     = 443
    protocol = "TCP"
  }
}

resource "scaleway_instance_server" "machine" {
  for_each          = local.machines
  name              = "pingplay-${each.key}"
  type              = "POP2-2C-8G" # of those that file systems are attached to
  image             = "debian_trixie"
  ip_id             = each.value.public ? scaleway_instance_ip.proxy.id : null
  security_group_id = scaleway_instance_security_group.proxy.id
  dynamic "filesystems" {
    for_each = each.value.public ? [] : [scaleway_file_filesystem.share.id]
    content {
      filesystem_id = filesystems.value
    }
  }
  user_data = {
    cloud-init = each.value.public ? local.proxy : local.headend
  }
}

resource "scaleway_instance_private_nic" "machine" {
  for_each           = local.machines
  server_id          = scaleway_instance_server.machine[each.key].id
  private_network_id = scaleway_vpc_private_network.signs.id
  ipam_ip_ids        = [scaleway_ipam_ip.machine[each.key].id]
}

output "address" {
  value = scaleway_instance_ip.proxy.address
}
