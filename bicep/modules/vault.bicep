// The few secrets there are. Nobody's value passes through a template: see secrets.sh.

@maxLength(24)
param name string
param location string

@description('Where the private endpoint goes. Empty: reached publicly.')
param endpointSubnetId string
param tags object

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: empty(endpointSubnetId) ? 'enabled' : 'disabled'
  }
}

module endpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: '${name}-vault'
  params: {
    name: 'pe-${name}'
    location: location
    subnetId: endpointSubnetId
    resourceId: vault.id
    group: 'vault'
    zone: 'privatelink.vaultcore.azure.net'
    tags: tags
  }
}

output name string = vault.name
