/** The options of the module, as given in code. */
export const STATUS_MODULE_OPTIONS = Symbol('STATUS_MODULE_OPTIONS');
/** The validated configuration. */
export const STATUS_CONFIG = Symbol('STATUS_CONFIG');
/** The options and the configuration, resolved. */
export const STATUS_OPTIONS = Symbol('STATUS_OPTIONS');
/** The controllers of the module instance. */
export const STATUS_CONTROLLERS = Symbol('STATUS_CONTROLLERS');
