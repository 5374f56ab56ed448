import * as budgets from '@pulumi/aws/budgets/index.js'
import * as pulumi from '@pulumi/pulumi'

export interface BudgetArgs {
  stack: string
  monthlyUsd: number
  topicArn: pulumi.Input<string>
}

/** Sends a message when 80 % of the month's budget is spent, and when a forecast reaches 100 %. Counts resources with the stack's tag. */
export function budget (name: string, { stack, monthlyUsd, topicArn }: BudgetArgs, parent: pulumi.Resource): void {
  const notify = (notificationType: string, threshold: number) => ({
    notificationType, threshold, thresholdType: 'PERCENTAGE', comparisonOperator: 'GREATER_THAN', subscriberSnsTopicArns: [topicArn],
  })
  new budgets.Budget(name, {
    budgetType: 'COST', timeUnit: 'MONTHLY', limitAmount: String(monthlyUsd), limitUnit: 'USD',
    costFilters: [{ name: 'TagKeyValue', values: [`user:Stack$${stack}`] }],
    notifications: [notify('ACTUAL', 80), notify('FORECASTED', 100)],
  }, { parent })
}
