// A storage account without keys: everybody comes with an identity, browsers with links signed by one.

@maxLength(24)
param name string
param location string
param containers string[]
param queues string[]

@description('Days earlier versions and deleted files are kept; 0 keeps none.')
param versionDays int

@description('Origins whose pages may read and write files with signed links.')
param browserOrigins string[]

@description('Where private endpoints go. Empty: reached publicly.')
param endpointSubnetId string
param tags object

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: empty(endpointSubnetId) ? 'Enabled' : 'Disabled'
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: versionDays > 0
    deleteRetentionPolicy: versionDays > 0 ? { enabled: true, days: versionDays } : { enabled: false }
    containerDeleteRetentionPolicy: versionDays > 0 ? { enabled: true, days: versionDays } : { enabled: false }
    cors: {
      corsRules: empty(browserOrigins)
        ? []
        : [
            {
              allowedOrigins: browserOrigins
              allowedMethods: ['GET', 'HEAD', 'PUT', 'OPTIONS']
              allowedHeaders: ['content-type', 'range', 'x-ms-*']
              exposedHeaders: ['content-length', 'content-range', 'etag']
              maxAgeInSeconds: 3600
            }
          ]
    }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for item in containers: {
    parent: blobs
    name: item
    properties: { publicAccess: 'None' }
  }
]

// A file that was erased must be gone in the end, so its versions go too.
resource retention 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = if (versionDays > 0) {
  parent: account
  name: 'default'
  dependsOn: [blobs]
  properties: {
    policy: {
      rules: [
        {
          name: 'earlier-versions'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: { blobTypes: ['blockBlob'] }
            actions: { version: { delete: { daysAfterCreationGreaterThan: versionDays } } }
          }
        }
      ]
    }
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

// The host does not create the queues it listens to.
resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [
  for item in queues: {
    parent: queueService
    name: item
  }
]

module blobEndpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: '${name}-blob'
  params: {
    name: 'pe-${name}-blob'
    location: location
    subnetId: endpointSubnetId
    resourceId: account.id
    group: 'blob'
    zone: 'privatelink.blob.${environment().suffixes.storage}'
    tags: tags
  }
}

module queueEndpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: '${name}-queue'
  params: {
    name: 'pe-${name}-queue'
    location: location
    subnetId: endpointSubnetId
    resourceId: account.id
    group: 'queue'
    zone: 'privatelink.queue.${environment().suffixes.storage}'
    tags: tags
  }
}

output id string = account.id
output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
