// Web PubSub, for what a client is told while it waits.

param name string
param location string

@description('Where the private endpoint goes. Empty: reached publicly.')
param endpointSubnetId string
param tags object

// The free tier knows no private endpoint.
var standard = !empty(endpointSubnetId)

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' = {
  name: name
  location: location
  tags: tags
  sku: standard ? { name: 'Standard_S1', capacity: 1 } : { name: 'Free_F1', capacity: 1 }
  properties: {
    disableLocalAuth: true
    tls: { clientCertEnabled: false }
    // Browsers hold the connections; only what servers send is kept off the public address.
    networkACLs: standard ? { defaultAction: 'Deny', publicNetwork: { allow: ['ClientConnection'] } } : null
  }
}

module endpoint 'private-endpoint.bicep' = if (standard) {
  name: '${name}-webpubsub'
  params: {
    name: 'pe-${name}'
    location: location
    subnetId: endpointSubnetId
    resourceId: service.id
    group: 'webpubsub'
    zone: 'privatelink.webpubsub.azure.com'
    tags: tags
  }
}

output name string = service.name
output endpoint string = 'https://${service.properties.hostName}'
