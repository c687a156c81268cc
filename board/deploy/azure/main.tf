# Two headends behind nginx on Azure, with a PostgreSQL and a share: an example to be read and changed (OpenTofu, Terraform).
# No secret stands here, nor in its state: the password of who administers the database is asked for, and written only
# (Terraform 1.11, OpenTofu 1.11). With it the headends' own role is made by hand, as pingplay-headend(8) says.
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 4.0" }
  }
}

provider "azurerm" {
  features {}
}

variable "host" { type = string }               # screens.example.org: the name that screens know
variable "location" { type = string }
variable "ssh_key" { type = string }            # of who may sign in, its public half
variable "package_repository" { type = string } # of apt, with pingplay-headend
variable "package_key" { type = string }        # that signs it, its public half
variable "database_password" {                  # of who administers the database
  type      = string
  sensitive = true
  ephemeral = true
}

resource "azurerm_resource_group" "signs" {
  name     = "pingplay"
  location = var.location
}

resource "azurerm_virtual_network" "signs" {
  name                = "pingplay"
  location            = azurerm_resource_group.signs.location
  resource_group_name = azurerm_resource_group.signs.name
  address_space       = ["10.20.0.0/16"]
}

resource "azurerm_subnet" "headends" {
  name                 = "headends"
  resource_group_name  = azurerm_resource_group.signs.name
  virtual_network_name = azurerm_virtual_network.signs.name
  address_prefixes     = ["10.20.0.0/24"]
  service_endpoints    = ["Microsoft.Storage"]
}

resource "azurerm_subnet" "database" {
  name                 = "database"
  resource_group_name  = azurerm_resource_group.signs.name
  virtual_network_name = azurerm_virtual_network.signs.name
  address_prefixes     = ["10.20.1.0/24"]
  delegation {
    name = "postgresql"
    service_delegation {
      name = "Microsoft.DBforPostgreSQL/flexibleServers"
    }
  }
}

# From outside: screens and people, at nginx alone.
resource "azurerm_network_security_group" "headends" {
  name                = "pingplay"
  location            = azurerm_resource_group.signs.location
  resource_group_name = azurerm_resource_group.signs.name
  security_rule {
    name                       = "https"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    source_address_prefix      = "*"
    destination_port_range     = "443"
    destination_address_prefix = "10.20.0.10"
  }
}

resource "azurerm_subnet_network_security_group_association" "headends" {
  subnet_id                 = azurerm_subnet.headends.id
  network_security_group_id = azurerm_network_security_group.headends.id
}

resource "azurerm_private_dns_zone" "database" {
  name                = "pingplay.private.postgres.database.azure.com"
  resource_group_name = azurerm_resource_group.signs.name
}

resource "azurerm_private_dns_zone_virtual_network_link" "database" {
  name                  = "pingplay"
  resource_group_name   = azurerm_resource_group.signs.name
  private_dns_zone_name = azurerm_private_dns_zone.database.name
  virtual_network_id    = azurerm_virtual_network.signs.id
}

resource "azurerm_postgresql_flexible_server" "signs" {
  name                              = "pingplay"
  resource_group_name               = azurerm_resource_group.signs.name
  location                          = azurerm_resource_group.signs.location
  version                           = "16"
  delegated_subnet_id               = azurerm_subnet.database.id
  private_dns_zone_id               = azurerm_private_dns_zone.database.id
  public_network_access_enabled     = false
  sku_name                          = "GP_Standard_D2s_v3"
  storage_mb                        = 65536
  backup_retention_days             = 14
  administrator_login               = "keeper"
  administrator_password_wo         = var.database_password
  administrator_password_wo_version = 1
  depends_on                        = [azurerm_private_dns_zone_virtual_network_link.database]
  high_availability {
    mode = "ZoneRedundant"
  }
}

resource "azurerm_postgresql_flexible_server_database" "signs" {
  name      = "pingplay"
  server_id = azurerm_postgresql_flexible_server.signs.id
  charset   = "UTF8"
  collation = "C"
}

# What the headends share: keys, authority, repository.
resource "azurerm_storage_account" "share" {
  name                       = "pingplayshare"
  resource_group_name        = azurerm_resource_group.signs.name
  location                   = azurerm_resource_group.signs.location
  account_tier               = "Premium"
  account_kind               = "FileStorage"
  account_replication_type   = "ZRS"
  https_traffic_only_enabled = false # NFS
  network_rules {
    default_action             = "Deny"
    virtual_network_subnet_ids = [azurerm_subnet.headends.id]
  }
}

resource "azurerm_storage_share" "share" {
  name               = "headend"
  storage_account_id = azurerm_storage_account.share.id
  enabled_protocol   = "NFS"
  quota              = 100
}

locals {
  machines = {
    proxy  = { address = "10.20.0.10", public = true }
    first  = { address = "10.20.0.11", public = false }
    second = { address = "10.20.0.12", public = false }
  }
  headend = templatefile("${path.module}/../cloud-init/headend.yaml", {
    package_repository = var.package_repository
    package_key        = indent(8, var.package_key)
    share_type         = "nfs4"
    share_options      = "hard,nosuid,nodev,noexec"
    share              = "${azurerm_storage_account.share.name}.file.core.windows.net:/${azurerm_storage_account.share.name}/headend"
    host               = var.host
    database           = "pingplay@${azurerm_postgresql_flexible_server.signs.fqdn}/pingplay"
  })
  proxy = templatefile("${path.module}/../cloud-init/proxy.yaml", {
    passthrough = indent(6, replace(file("${path.module}/../nginx/passthrough.conf"), "screens.example.org", var.host))
  })
}

resource "azurerm_public_ip" "proxy" {
  name                = "pingplay"
  location            = azurerm_resource_group.signs.location
  resource_group_name = azurerm_resource_group.signs.name
  allocation_method   = "Static"
}

# Machines without an address of their own fetch their packages through it.
resource "azurerm_public_ip" "out" {
  name                = "pingplay-out"
  location            = azurerm_resource_group.signs.location
  resource_group_name = azurerm_resource_group.signs.name
  allocation_method   = "Static"
}

resource "azurerm_nat_gateway" "out" {
  name                = "pingplay"
  location            = azurerm_resource_group.signs.location
  resource_group_name = azurerm_resource_group.signs.name
}

resource "azurerm_nat_gateway_public_ip_association" "out" {
  nat_gateway_id       = azurerm_nat_gateway.out.id
  public_ip_address_id = azurerm_public_ip.out.id
}

resource "azurerm_subnet_nat_gateway_association" "out" {
  subnet_id      = azurerm_subnet.headends.id
  nat_gateway_id = azurerm_nat_gateway.out.id
}

resource "azurerm_network_interface" "machine" {
  for_each            = local.machines
  name                = "pingplay-${each.key}"
  location            = azurerm_resource_group.signs.location
  resource_group_name = azurerm_resource_group.signs.name
  ip_configuration {
    name                          = "internal"
    subnet_id                     = azurerm_subnet.headends.id
    private_ip_address_allocation = "Static"
    private_ip_address            = each.value.address
    public_ip_address_id          = each.value.public ? azurerm_public_ip.proxy.id : null
  }
}

resource "azurerm_linux_virtual_machine" "machine" {
  for_each              = local.machines
  name                  = "pingplay-${each.key}"
  location              = azurerm_resource_group.signs.location
  resource_group_name   = azurerm_resource_group.signs.name
  size                  = "Standard_D2as_v5"
  admin_username        = "keeper"
  network_interface_ids = [azurerm_network_interface.machine[each.key].id]
  custom_data           = base64encode(each.value.public ? local.proxy : local.headend)
  identity {
    type = "SystemAssigned"
  }
  admin_ssh_key {
    username   = "keeper"
    public_key = var.ssh_key
  }
  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Premium_LRS"
  }
  source_image_reference {
    publisher = "debian"
    offer     = "debian-13"
    sku       = "13-gen2"
    version   = "latest"
  }
}

output "address" {
  value = azurerm_public_ip.proxy.ip_address
}
