// Communication Services with a domain of Azure's own to send letters from. Data stays in Australia.

param suffix string
param tags object

resource emailService 'Microsoft.Communication/emailServices@2023-04-01' = {
  name: 'acsm-${suffix}'
  location: 'global'
  tags: tags
  properties: { dataLocation: 'Australia' }
}

resource domain 'Microsoft.Communication/emailServices/domains@2023-04-01' = {
  parent: emailService
  name: 'AzureManagedDomain'
  location: 'global'
  tags: tags
  properties: {
    domainManagement: 'AzureManaged'
    // No pixel in a letter tells who opened it.
    userEngagementTracking: 'Disabled'
  }
}

resource service 'Microsoft.Communication/communicationServices@2023-04-01' = {
  name: 'acs-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    dataLocation: 'Australia'
    linkedDomains: [domain.id]
  }
}

output name string = service.name
output endpoint string = 'https://${service.properties.hostName}'
output sender string = 'DoNotReply@${domain.properties.mailFromSenderDomain}'
