// What wakes people. Severity 1 is for now, 2 for today, 3 for this week.

param name string
param location string
param componentId string

@description('Account with the queues.')
param storageId string
param emails string[]
param scoringAgeMinutes int
param tags object

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${name}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'talenti'
    enabled: true
    emailReceivers: map(emails, email => { name: email, emailAddress: email, useCommonAlertSchema: true })
  }
}

// No metric counts one queue, so the moves are watched: the host's line, and the platform's own for what it gives up at once.
// Stays raised until somebody has looked after the queue.
resource poison 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = {
  name: 'poison-queue-${name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'A poison queue is not empty'
    severity: 1
    enabled: true
    scopes: [componentId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    autoMitigate: false
    criteria: {
      allOf: [
        {
          query: 'traces | where (message has "Moving message to queue" and message has "poison") or message has "message cannot be handled"'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}

resource errors 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = {
  name: 'server-errors-${name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'More than 1 % of the requests fail'
    severity: 2
    enabled: true
    scopes: [componentId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      allOf: [
        {
          // Queues and timers have requests without an address. Few requests make no share.
          query: 'requests | where isnotempty(url) | summarize failed = countif(toint(resultCode) >= 500), total = count() | where failed >= 5 and failed * 100.0 / total > 1'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}

resource scoringAge 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = {
  name: 'scoring-age-${name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Interviews wait too long for their score'
    severity: 2
    enabled: true
    scopes: [componentId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      allOf: [
        {
          // The host says when a message was put on the queue as it starts its function.
          query: 'traces | where operation_Name == "scoring-jobs" and message startswith "Trigger Details:" | extend put = todatetime(extract("Inser(?:tionTime|tedOn): ([^,]+)", 1, message)) | where timestamp - put > ${scoringAgeMinutes}m'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}

// What the one above cannot see: nothing starts at all. Azure counts the messages of an account once an hour.
resource backlog 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'queue-backlog-${name}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages pile up in the queues'
    severity: 3
    enabled: true
    scopes: ['${storageId}/queueServices/default']
    evaluationFrequency: 'PT1H'
    windowSize: 'PT1H'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'messages'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.Storage/storageAccounts/queueServices'
          metricName: 'QueueMessageCount'
          operator: 'GreaterThan'
          threshold: 500
          timeAggregation: 'Average'
        }
      ]
    }
    actions: [{ actionGroupId: people.id }]
  }
}
